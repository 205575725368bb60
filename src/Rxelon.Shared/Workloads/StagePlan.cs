using Rxelon.Shared.Values;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// The stages of a task, and which parts come from them: at submission, after each round, after the last one. Everybody who has
/// the spec and the number of submitted parts computes the same plan (docs/design/stages.md).
/// </summary>
public sealed class StagePlan
{
    /// <summary>The name of stage 0, the task's own run.</summary>
    public const string Main = "main";

    /// <summary>Results handed to parts in all of a task at most.</summary>
    public const int MaxNeeds = 1_000_000;

    /// <summary>Parts of all stages and rounds at most.</summary>
    public const int MaxParts = 1_000_000;

    private readonly VerifySpec? _verify;
    private readonly bool _paysComparisons;

    private StagePlan(IReadOnlyList<StageTerms> stages, RoundsSpec? rounds, int? last, TaskSpec spec)
    {
        _verify = spec.Verify;
        _paysComparisons = spec is { Verify.Tolerance: not null, Privacy.Custody: Custody.Managed };
        Stages = stages;
        Rounds = rounds;
        LastOfRound = last;
        foreach (var stage in stages)
        {
            var times = stage.Repeats ? MaxRounds : 1;
            Weight += (Int128)stage.Weight * Budgeted(stage);
            Total += (long)stage.Parts * times;
        }
    }

    /// <summary>By number.</summary>
    public IReadOnlyList<StageTerms> Stages { get; }

    /// <summary>Null: nothing is repeated.</summary>
    public RoundsSpec? Rounds { get; }

    /// <summary>The stage whose one part ends a round.</summary>
    public int? LastOfRound { get; }

    /// <summary>Rounds at most.</summary>
    public int MaxRounds => Rounds?.Max ?? 1;

    /// <summary>How many parts of this stage the hold has room for: all rounds, and the checks of them.</summary>
    public long Budgeted(StageTerms stage)
    {
        var parts = (long)stage.Parts * (stage.Repeats ? MaxRounds : 1);
        return _verify?.Budgeted(parts, _paysComparisons) ?? parts;
    }

    /// <summary>The weight of every part that may come to be, checks included.</summary>
    public Int128 Weight { get; }

    /// <summary>The number of parts that may come to be.</summary>
    public long Total { get; }

    /// <summary>The stages that no other stage needs: what they leave is the task's result.</summary>
    public IEnumerable<StageTerms> Final => Stages.Where(s => !Stages.Any(t => t.Needs.Contains(s.Number)));

    /// <summary>The plan; malformed or too-large when the stages cannot be computed as they stand.</summary>
    public static Outcome<StagePlan> Of(TaskSpec spec, int submitted)
    {
        if (spec.Verify?.Problem() is { } problem)
            return new Fault(FaultCodes.Malformed, $"The task's verification: {problem}", Culprit.Input);
        if (spec is { Stages: null, Rounds: null })
            return new StagePlan([new StageTerms(0, Main, spec, [], submitted, null, 1, false, false)], null, null, spec);
        var read = StageReader.Read(spec, submitted);
        if (read.Fault is { } fault)
            return fault;
        var (stages, last) = read.Value;
        if (spec.Privacy.Rotate && stages.FirstOrDefault(s => s.Needs.Any(n => n > s.Number)) is { } early)
            return new Fault(FaultCodes.Malformed, $"With rotate, parts run in the order of the stages: name '{early.Name}' after the stages that it needs.", Culprit.Input);
        var plan = new StagePlan(stages, spec.Rounds, last, spec);
        if (plan.Total > MaxParts)
            return TooLarge($"Its stages and rounds come to {plan.Total} parts; {MaxParts} is the most.");
        var needs = plan.CountNeeds();
        return needs > MaxNeeds ? TooLarge($"Its parts get {needs} results of others; {MaxNeeds} is the most. Merge in a tree of stages.") : plan;
    }

    /// <summary>Where each stage's parts of the first round begin; -1 for stages whose parts come after the last round.</summary>
    public int[] StartsAtSubmission()
    {
        var starts = new int[Stages.Count];
        var next = 0;
        foreach (var stage in Stages)
        {
            starts[stage.Number] = stage.Follows ? -1 : next;
            next += stage.Follows ? 0 : stage.Parts;
        }

        return starts;
    }

    /// <summary>
    /// The parts that exist from the start besides those of the submission, in their order: the stages', then the checks of all of them.
    /// </summary>
    public IReadOnlyList<PartOrigin> AtSubmission()
    {
        var starts = StartsAtSubmission();
        PartOrigin[] planned = [.. Stages.Skip(1).Where(s => !s.Follows).SelectMany(s => Origins(s, 1, starts, null))];
        return IsRunSeveralTimes
            ? [.. planned, .. Checks([.. Enumerable.Range(0, Stages[0].Parts).Select(PartOrigin.Submitted), .. planned], 0)]
            : planned;
    }

    /// <summary>The checks that come with these parts, which begin at an index, when every part is run several times.</summary>
    public IReadOnlyList<PartOrigin> Checks(IReadOnlyList<PartOrigin> origins, int first)
    {
        if (!IsRunSeveralTimes)
            return [];
        List<PartOrigin> checks = [];
        for (var i = 0; i < origins.Count; i++)
            checks.AddRange(Enumerable.Repeat(origins[i] with { CheckOf = first + i }, _verify!.FromTheStart - 1));
        return checks;
    }

    /// <summary>The parts of another round, to be appended at <paramref name="first"/>; <paramref name="starts"/> are those of the last one.</summary>
    public IReadOnlyList<PartOrigin> NextRound(int round, int first, IReadOnlyList<int> starts)
    {
        var carry = starts[LastOfRound ?? throw new InvalidOperationException("The task has no rounds.")];
        int[] moved = [.. starts];
        foreach (var stage in Stages.Where(s => s.Repeats))
        {
            moved[stage.Number] = first;
            first += stage.Parts;
        }

        return [.. Stages.Where(s => s.Repeats).SelectMany(s => Origins(s, round, moved, s.Needs.Any(n => Stages[n].Repeats) ? null : carry))];
    }

    /// <summary>The parts that come after the last round, to be appended at <paramref name="first"/>.</summary>
    public IReadOnlyList<PartOrigin> AfterRounds(int first, IReadOnlyList<int> starts)
    {
        int[] moved = [.. starts];
        foreach (var stage in Stages.Where(s => s.Follows))
        {
            moved[stage.Number] = first;
            first += stage.Parts;
        }

        return [.. Stages.Where(s => s.Follows).SelectMany(s => Origins(s, 1, moved, null))];
    }

    private bool IsRunSeveralTimes => _verify?.FromTheStart > 1;

    private IEnumerable<PartOrigin> Origins(StageTerms stage, int round, IReadOnlyList<int> starts, int? carry)
    {
        for (var i = 0; i < stage.Parts; i++)
        {
            List<PartRange> needs = [];
            foreach (var need in stage.Needs)
            {
                var (from, count) = Dealt(i, stage.Parts, Stages[need].Parts);
                needs.Add(new PartRange(starts[need] + from, count));
            }

            yield return new PartOrigin(stage.Number, round, i, stage.Number == 0 ? i : null, needs, carry);
        }
    }

    // At least as many results as parts: dealt out in even runs. Fewer: each part gets all of them.
    private static (int From, int Count) Dealt(int part, int parts, int results)
    {
        if (results < parts)
            return (0, results);
        var from = (int)((long)part * results / parts);
        return (from, (int)((long)(part + 1) * results / parts) - from);
    }

    private Int128 CountNeeds()
    {
        Int128 sum = 0;
        foreach (var stage in Stages)
        {
            var times = stage.Repeats ? MaxRounds : 1;
            foreach (var need in stage.Needs)
                sum += (Int128)times * (Stages[need].Parts < stage.Parts ? (Int128)Stages[need].Parts * stage.Parts : Stages[need].Parts);
            if (stage.Repeats && !stage.Needs.Any(n => Stages[n].Repeats))
                sum += (Int128)(times - 1) * stage.Parts;
        }

        return sum;
    }

    private static Fault TooLarge(string message) => new(FaultCodes.TooLarge, message, Culprit.Input);
}
