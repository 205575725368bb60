using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Rxelon.Domain.Kernel;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>How a task's list of parts grows, and how a part becomes ready (docs/design/stages.md).</summary>
internal static class TaskGrowth
{
    /// <summary>The stages whose parts, and checks, are known at submission; no event says so, since everybody computes the same.</summary>
    internal static TaskState AddedAtSubmission(TaskState state)
    {
        if (state.Plan.Stages.Count > 1)
        {
            var ready = new int[state.Plan.Stages.Count];
            ready[0] = state.Parts.Count;
            state = state with { StageStarts = [.. state.Plan.StartsAtSubmission()], ReadyCounts = [.. ready] };
        }

        var added = state.Plan.AtSubmission();
        return added.Count > 0 ? Grown(state, added) : state;
    }

    internal static TaskState Added(TaskState state, PartsAdded e)
    {
        if (e.First != state.Parts.Count)
            throw new InvalidOperationException($"Parts were added from {e.First} on to {state.Id}, which has {state.Parts.Count}.");
        var starts = state.StageStarts.ToBuilder();
        var round = state.Round;
        for (var i = 0; i < e.Parts.Count; i++)
        {
            // Only what the plan adds moves a stage; a further part beside an existing one does not.
            if (e.Parts[i] is { Index: 0, CheckOf: null } && (e.Parts[i].Round > state.Round || starts[e.Parts[i].Stage] < 0))
                starts[e.Parts[i].Stage] = e.First + i;
            round = Math.Max(round, e.Parts[i].Round);
        }

        return Grown(state with { StageStarts = starts.ToImmutable(), Round = round }, e.Parts);
    }

    /// <summary>
    /// The parts that must be added before these results are accepted: the next round when the round's last part is among them and
    /// does not stop, and otherwise what follows the rounds.
    /// </summary>
    internal static IReadOnlyList<PartOrigin> Owed(TaskState state, IReadOnlyDictionary<int, Accepted> results)
    {
        if (state.Plan.LastOfRound is not { } last || !results.TryGetValue(state.StageStarts[last], out var end))
            return [];
        var first = state.Parts.Count;
        var planned = end.Stop || state.Round >= state.Plan.MaxRounds
            ? state.Plan.AfterRounds(first, state.StageStarts)
            : state.Plan.NextRound(state.Round + 1, first, state.StageStarts);
        return [.. planned, .. state.Plan.Checks(planned, first)];
    }

    /// <summary>Results reached the parts that wait for them; gives who still waits, and how many wait for nothing more.</summary>
    internal static (ImmutableDictionary<int, ImmutableArray<int>> Dependents, int Readied) Delivered(
        TaskState state, IEnumerable<int> delivered, PersistentVector<PartState>.Editor parts, int[]? ready)
    {
        var dependents = state.Dependents;
        var readied = 0;
        if (dependents.IsEmpty)
            return (dependents, 0);
        var left = dependents.ToBuilder();
        foreach (var result in delivered)
        {
            if (!left.Remove(result, out var waiting))
                continue;
            foreach (var index in waiting)
            {
                var part = parts[index];
                parts[index] = part with { Missing = part.Missing - 1 };
                if (part.Missing != 1)
                    continue;
                readied++;
                ready![state.StageOf(part).Number]++;
            }
        }

        return (left.ToImmutable(), readied);
    }

    /// <summary>The ready parts of each stage, to be changed; null in a task of one stage.</summary>
    internal static int[]? Counting(TaskState state) => state.ReadyCounts.IsEmpty ? null : [.. state.ReadyCounts];

    internal static ImmutableArray<int> Counted(TaskState state, int[]? ready)
        => ready is null ? state.ReadyCounts : ImmutableCollectionsMarshal.AsImmutableArray(ready);

    private static Int128 Weight(TaskState state, IEnumerable<PartOrigin> origins)
        => origins.Aggregate((Int128)0, (sum, o) => sum + state.Plan.Stages[o.Stage].Weight);

    private static TaskState Grown(TaskState state, IReadOnlyList<PartOrigin> origins)
    {
        var parts = state.Parts.Edit();
        var waiting = new Dictionary<int, List<int>>();
        var checks = state.Checks.ToBuilder();
        var comparisons = state.Comparisons.ToBuilder();
        // A task of one stage that goes round by round counts from its second round on.
        var ready = Counting(state) ?? [state.Parts.Count(p => p.IsReady)];
        var readied = 0;
        var checkCount = 0;
        var index = state.Parts.Count;
        foreach (var origin in origins)
        {
            var missing = 0;
            foreach (var need in origin.AllNeeds)
            {
                if (need < state.Parts.Count && state.Parts[need].Result is not null)
                    continue;
                missing++;
                if (!waiting.TryGetValue(need, out var list))
                    waiting[need] = list = [];
                list.Add(index);
            }

            if (origin.CheckOf is { } of)
            {
                var kind = origin.Compares is null ? checks : comparisons;
                kind[of] = kind.GetValueOrDefault(of, []).Add(index);
                checkCount++;
            }

            parts.Add(PartState.Untried with { Origin = origin, Missing = missing });
            if (missing == 0)
            {
                readied += origin.CheckOf is null ? 1 : 0;
                ready[origin.Stage]++;
            }

            index++;
        }

        var dependents = state.Dependents.ToBuilder();
        foreach (var (need, list) in waiting)
            dependents[need] = [.. dependents.GetValueOrDefault(need, []), .. list];
        return state with
        {
            // A twin is no part that the hold was made for: it brings its own weight.
            OpenWeight = state.OpenWeight + (TaskSpeculation.IsOn(state) ? Weight(state, origins.Where(o => o.CheckOf is not null)) : 0),
            Parts = parts.ToVector(),
            Dependents = dependents.ToImmutable(),
            Checks = checks.ToImmutable(),
            Comparisons = comparisons.ToImmutable(),
            CheckCount = state.CheckCount + checkCount,
            ReadyCounts = Counted(state, ready),
            Readied = state.Readied + readied,
        };
    }
}
