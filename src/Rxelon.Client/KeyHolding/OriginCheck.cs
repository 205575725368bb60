using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.KeyHolding;

/// <summary>A task as its owner signed it: the terms, and how many parts the submission has.</summary>
public sealed record OrderTerms(TaskSpec Spec, int Parts);

/// <summary>
/// Which keys a request may get by the plan that spec and number of parts make (docs/design/custody.md): the hub says what a part is, and
/// gets no result key that no part of that stage would need.
/// </summary>
internal sealed class OriginCheck(OrderTerms order, StagePlan plan)
{
    private readonly PartOrigin[] _planned = [.. Enumerable.Range(0, order.Parts).Select(PartOrigin.Submitted), .. plan.AtSubmission()];

    /// <summary>The check for an order; malformed when its stages make no sense.</summary>
    internal static Outcome<OriginCheck> Of(OrderTerms order)
        => StagePlan.Of(order.Spec, order.Parts) is { IsOk: true } plan ? new OriginCheck(order, plan.Value) : StagePlan.Of(order.Spec, order.Parts).Fault!;

    /// <summary>The keys; or what in the request is not of this task's plan.</summary>
    internal Outcome<GrantTerms> TermsOf(KeyRequestInfo request)
    {
        var isVerified = order.Spec.Verify is { Policy: not VerifyPolicy.None };
        var said = request.Origin;
        if (said?.CheckOf is not null && !isVerified)
            return Wrong(request, "is to check another, and the task is not verified");
        var number = said?.CheckOf ?? request.Part;
        if (number < 0 || (request.Part < _planned.Length && said?.CheckOf != _planned[request.Part].CheckOf))
            return Wrong(request, "is said to be another part's check, or none, against the plan");
        var needed = said?.Results ?? [];
        if (number < _planned.Length)
        {
            var origin = _planned[number];
            if (said is not null && said.Stage != origin.Stage)
                return Wrong(request, $"is said to be of stage {said.Stage}");

            // A verified part's result may be one of its copies'.
            var fits = needed.Count == origin.NeedCount && (isVerified || needed.Select(n => n.Part).SequenceEqual(origin.AllNeeds));
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
            => new GrantTerms(source, of.ProgramName, [.. needed.Select(n => (n.Part, n.Attempt))], isVerified ? number : null);
    }

    private static Fault Wrong(KeyRequestInfo request, string what)
        => new(FaultCodes.ProofFailed, $"The hub asks for keys of part {request.Part}, which {what}: nothing was sealed.", Culprit.Hub);
}
