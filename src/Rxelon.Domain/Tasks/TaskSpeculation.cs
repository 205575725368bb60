using Rxelon.Shared.Ids;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// A second attempt beside a part that takes far longer than the others (docs/design/speculation.md). It is a part of its own whose origin
/// names the one that it repeats, its twin; the first accepted result of the two closes both.
/// </summary>
internal static class TaskSpeculation
{
    /// <summary>True when this task's parts get twins. Its parts with <c>CheckOf</c> are twins then, and not checks.</summary>
    internal static bool IsOn(TaskState state) => state.Submission is not null && state.Spec.Limits.Speculate;

    /// <summary>True for the second one of two.</summary>
    internal static bool IsTwin(TaskState state, int part) => IsOn(state) && state.Parts[part].IsCheck;

    /// <summary>True when this part has a twin or is one.</summary>
    internal static bool IsPaired(TaskState state, int part) => IsOn(state) && CheckGroup.Of(state, part).Count > 1;

    /// <summary>The other part of the two, none for a part that is alone.</summary>
    internal static IEnumerable<int> Others(TaskState state, int part)
        => IsPaired(state, part) ? CheckGroup.Of(state, part).Members.Where(p => p != part) : [];

    /// <summary>Where the other one runs: the same machine would not be faster.</summary>
    internal static IEnumerable<NodeId> NodesBeside(TaskState state, int part)
        => Others(state, part).Select(p => state.Parts[p].Running?.Node).OfType<NodeId>();

    /// <summary>The clock looks again then; may be early.</summary>
    internal static DateTimeOffset Look(TaskState state, DateTimeOffset since) => TaskFold.Earlier(state.StragglersDue, since + TaskRules.StragglerLead);

    /// <summary>Adds twins of the parts that are too slow by now.</summary>
    internal static void Review(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        if (!state.IsAlive || !IsOn(state) || state.StragglersDue is not { } due || due > now)
            return;
        var (slow, next) = Stragglers(state, now);
        output.Happened(new StragglersReviewed(next, now));
        if (slow.Count > 0)
            output.Happened(new PartsAdded(state.Parts.Count, [.. slow.Select(p => state.OriginOf(p) with { CheckOf = p })], now));
    }

    /// <summary>Accepted parts close their twins: which, and the attempts of those that run.</summary>
    internal static List<Spared> Overtaken(TaskState state, IEnumerable<int> accepted)
        => [.. accepted.SelectMany(winner => Others(state, winner).Where(p => state.Parts[p].Result is null)
            .Select(p => new Spared(p, winner, state.Parts[p].Running is null ? null : state.Parts[p].Attempts)))];

    private static (List<int> Slow, DateTimeOffset? Next) Stragglers(TaskState state, DateTimeOffset now)
    {
        // As long as something waits for a node, there is better use for one.
        if (state.ReadyCounts.IsEmpty ? state.WaitingCount > 0 : state.ReadyCounts.Any(r => r > 0))
            return ([], null);
        var medians = new Dictionary<int, TimeSpan?>();
        var room = ((state.Parts.Count - state.CheckCount + TaskRules.PartsPerTwin - 1) / TaskRules.PartsPerTwin)
            - state.Checks.Values.Sum(c => c.Count(p => state.Parts[p].Result is null));
        List<int> slow = [];
        DateTimeOffset? next = null;
        foreach (var (attempt, running) in TaskFailing.Running(state))
        {
            var part = state.Parts[attempt.Part];
            var stage = state.StageOf(part);
            if (running.KeysAt is not { } begun || IsPaired(state, attempt.Part))
                continue;
            if (!medians.TryGetValue(stage.Number, out var median))
                medians[stage.Number] = median = Median(state, stage.Number);
            if (median is not { } usual)
                continue;
            var patience = usual > TaskRules.StragglerLead ? usual * TaskRules.StragglerTimes : usual + TaskRules.StragglerLead;
            patience += TaskRules.InputTime(state, attempt.Part);
            if (begun + patience > now)
                next = TaskFold.Earlier(next, begun + patience);
            else if (slow.Count < room)
                slow.Add(attempt.Part);
        }

        return (slow, next);
    }

    // Of what the stage's accepted parts took; null while there are too few of them.
    private static TimeSpan? Median(TaskState state, int stage)
    {
        List<long> took = [];
        foreach (var part in state.Parts)
        {
            if (part is { Result: { } result, IsCheck: false } && (part.Origin?.Stage ?? 0) == stage)
                took.Add(result.Metering.WallMillis);
        }

        if (took.Count < TaskRules.AcceptedBeforeTwins)
            return null;
        took.Sort();
        return TimeSpan.FromMilliseconds(took[took.Count / 2]);
    }
}
