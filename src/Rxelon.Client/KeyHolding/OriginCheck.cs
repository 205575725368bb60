using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.KeyHolding;

/// <summary>A task as its owner signed it: the terms, and how many parts the submission has.</summary>
public sealed record OrderTerms(TaskSpec Spec, int Parts);

/// <summary>
/// Which keys a request may get by the plan that spec and number of parts make (docs/design/custody.md): the hub says what a part is, and
/// gets no result key that no part of that stage would need. Remembers what was said of each part, which never changes. Not safe for
/// concurrent use.
/// </summary>
internal sealed class OriginCheck(OrderTerms order, StagePlan plan)
{
    private readonly PartOrigin[] _planned = [.. Enumerable.Range(0, order.Parts).Select(PartOrigin.Submitted), .. plan.AtSubmission()];
    private readonly Dictionary<int, PartRole> _said = [];
    private readonly Dictionary<int, int> _twins = [];

    /// <summary>The check for an order; malformed when its stages make no sense.</summary>
    internal static Outcome<OriginCheck> Of(OrderTerms order)
        => StagePlan.Of(order.Spec, order.Parts) is { IsOk: true } plan ? new OriginCheck(order, plan.Value) : StagePlan.Of(order.Spec, order.Parts).Fault!;

    /// <summary>The keys; or what in the request is not of this task's plan.</summary>
    internal Outcome<GrantTerms> TermsOf(KeyRequestInfo request)
    {
        var isVerified = order.Spec.Verify is { Policy: not VerifyPolicy.None };
        var isRepeated = isVerified || order.Spec.Limits.Speculate;
        var said = request.Origin;
        if (said?.CheckOf is not null && !isRepeated)
            return Wrong(request, "is to repeat another, and the task neither verifies nor speculates");
        var number = said?.CheckOf ?? request.Part;
        if (number < 0 || (request.Part < _planned.Length && said?.CheckOf != _planned[request.Part].CheckOf))
            return Wrong(request, "is said to repeat another part, or none, against the plan");
        if ((Unlike(request, said) ?? Continued(request, isVerified)) is { } other)
            return other;
        var needed = said?.Results ?? [];
        if (number < _planned.Length)
        {
            var origin = _planned[number];
            if (said is not null && said.Stage != origin.Stage)
                return Wrong(request, $"is said to be of stage {said.Stage}");

            var fits = needed.Count == origin.NeedCount && needed.Zip(origin.AllNeeds).All(n => IsResultOf(n.First.Part, n.Second));
            return fits ? Terms(plan.Stages[origin.Stage], origin.Source) : Wrong(request, "is said to need other results than the plan's");
        }

        // A later round's parts, or what follows the rounds: where they stand in the list is the hub's word, what they need is not.
        if (said is null || said.Stage < 0 || said.Stage >= plan.Stages.Count || plan.Rounds is null)
            return Wrong(request, $"is beyond the task's {_planned.Length} parts");
        var stage = plan.Stages[said.Stage];
        if (said.Round < 1 || said.Round > plan.MaxRounds || (stage.Repeats ? said.Round < 2 : !stage.Follows))
            return Wrong(request, $"is said to be of stage '{stage.Name}' in round {said.Round}");
        var carries = stage.Repeats && !stage.Needs.Any(n => plan.Stages[n].Repeats) ? 1 : 0;
        var most = carries + stage.Needs.Sum(n => Math.Max(1, plan.Stages[n].Parts < stage.Parts ? plan.Stages[n].Parts : (plan.Stages[n].Parts + stage.Parts - 1) / stage.Parts));
        if (needed.Count > most)
            return Wrong(request, $"is said to need {needed.Count} results; a part of stage '{stage.Name}' needs {most}");
        if (stage.Number != 0)
            return Terms(stage, null);
        return said.Index is { } index && index >= 0 && index < order.Parts ? Terms(stage, index) : Wrong(request, "names no input");

        Outcome<GrantTerms> Terms(StageTerms of, int? source)
            => new GrantTerms(source, of.ProgramName, [.. needed.Select(n => (n.Part, n.Attempt))], isVerified ? number : null)
            {
                MayLeaveCheckpoint = request.MayLeaveCheckpoint,
                BeginsFrom = request.BeginsFrom,
            };

        // A repeated part's result may be one of its copies', or its twin's; those that came later stand in no plan.
        bool IsResultOf(int part, int planned)
            => part == planned || (isRepeated && (part >= _planned.Length || (part >= 0 && _planned[part].CheckOf == planned)));
    }

    /// <summary>What makes a part another one than before, or a copy of something else than the part it is said to repeat.</summary>
    private Fault? Unlike(KeyRequestInfo request, KeyOriginInfo? said)
    {
        var role = RoleOf(request.Part, said);
        if (_said.TryGetValue(request.Part, out var before) && before != role)
            return Wrong(request, "is said to be another one than before");
        if (role.CheckOf is { } first)
        {
            if (first >= request.Part || (RoleOf(first) is { } repeated && repeated != role with { CheckOf = null }))
                return Wrong(request, $"is said to repeat part {first} and is unlike it");
            if (order.Spec.Limits.Speculate && !_twins.TryAdd(first, request.Part) && _twins[first] != request.Part)
                return Wrong(request, $"is said to be a second twin of part {first}");
        }

        _said[request.Part] = role;
        return null;
    }

    /// <summary>What is wrong with the checkpoint that it may leave or begins from.</summary>
    private static Fault? Continued(KeyRequestInfo request, bool isVerified)
        => isVerified && (request.MayLeaveCheckpoint || request.BeginsFrom is not null)
            ? Wrong(request, "is said to have a checkpoint, and a verified task keeps none")
            : request.BeginsFrom is { } former && (!request.MayLeaveCheckpoint || former < 1 || former >= request.Attempt)
                ? Wrong(request, $"is said to begin in attempt {request.Attempt} from a checkpoint of attempt {former}")
                : null;

    private PartRole? RoleOf(int part)
        => part >= 0 && part < _planned.Length ? RoleOf(_planned[part]) : _said.TryGetValue(part, out var known) ? known : null;

    private static PartRole RoleOf(int part, KeyOriginInfo? said)
        => said is null ? RoleOf(PartOrigin.Submitted(part)) : new PartRole(said.Stage, said.Round, said.Index, said.CheckOf);

    private static PartRole RoleOf(PartOrigin origin) => new(origin.Stage, origin.Round, origin.Index, origin.CheckOf);

    private static Fault Wrong(KeyRequestInfo request, string what)
        => new(FaultCodes.ProofFailed, $"The hub asks for keys of part {request.Part}, which {what}: nothing was sealed.", Culprit.Hub);

    private readonly record struct PartRole(int Stage, int Round, int? Index, int? CheckOf);
}
