using System.Collections;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>A task as others see it: its owner, the matchmaker, watchers.</summary>
internal static class TaskViews
{
    internal static TaskView Task(TaskState s) => new(
        s.Id, s.Order.Owner, s.Spec, s.Phase, s.Ended?.Reason, s.SubmittedAt, s.StartedAt, s.EndedAt, s.Hold, s.Cost, s.Settled, s.Erased,
        s.Order.Program, s.Order.OwnerKey, new PartViews(s, [.. Enumerable.Range(0, s.Parts.Count)]))
    {
        Plan = s.Plan,
        Round = s.Round,
        AwaitsOwner = TaskKeyGrants.AwaitsOwner(s),
        AwaitsComparison = TaskComparing.Awaited(s).Any(),
        FailureLogs = s.Spec.Retain.LogsSeconds is null ? [] : [.. s.Parts.SelectMany(p => p.Trouble?.Logs ?? [])],
    };

    /// <summary>What watchers are told of a batch; null when nothing visible changed.</summary>
    internal static TaskNews? News(TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch, DateTimeOffset now)
    {
        var changed = new SortedSet<int>();
        foreach (var happened in batch)
            changed.UnionWith(PartsOf(happened));
        if (changed.Count == 0 && before.Phase == after.Phase && before.Hold == after.Hold && before.Tier == after.Tier)
            return null;
        return new TaskNews(
            after.Id, after.Phase, after.Parts.Count - after.CheckCount, after.AcceptedOrdered, after.RunningCount, after.Cost, after.Ended?.Reason,
            new PartViews(after, [.. changed]), after.Plan, now);
    }

    /// <summary>The parts that an event says something about.</summary>
    internal static IEnumerable<int> PartsOf(ITaskEvent happened) => happened switch
    {
        PartsAdded e => Enumerable.Range(e.First, e.Parts.Count),
        PartsAssigned e => e.Parts.Select(p => p.Attempt.Part),
        KeysReleased e => e.Releases.Select(r => r.Attempt.Part),
        PartsAccepted e => e.Parts.Select(p => p.Attempt.Part),
        PartsReported e => e.Parts.Select(p => p.Result.Attempt.Part),
        AnswersRevealed e => e.Answers.Select(a => a.Attempt.Part),
        AnswersCompared e => e.Groups.SelectMany(g => g.Classes).SelectMany(c => c).Select(a => a.Part),
        PartsRejected e => e.Parts.Select(p => p.Attempt.Part),
        PartsSpared e => e.Parts.Select(p => p.Part),
        OperatorDistrusted e => e.Withdrawn.Concat(e.Forfeited),
        AttemptsFailed e => e.Failures.Select(f => f.Attempt.Part),
        AttemptsResumed e => e.Attempts.Concat(e.Survived).Select(a => a.Part),
        KeysAwaited e => e.Attempts.Select(a => a.Attempt.Part),
        KeysForwarded e => e.Attempts.Select(a => a.Part),
        _ => [],
    };

    private static PartView Part(TaskState s, int index)
    {
        var part = s.Parts[index];
        return new PartView(
            index, s.OriginOf(index), part.Missing, s.PhaseOf(part), part.Attempts, part.Result?.Node ?? part.Answered?.Result.Node ?? part.Running?.Node, s.InputOf(index),
            part.Result?.Result,
            part.Result?.Metering, part.Result?.Cost ?? Tokens.Zero, part.Trouble?.Last,
            part.Trouble is { Logs: { Count: > 0 } logs } ? logs[^1] : null)
        {
            ResultOf = part.Result is { } result && result.Attempt != new PartAttempt(index, part.Attempts) ? result.Attempt : null,
        };
    }

    /// <summary>Part views made when somebody looks: most news have no watcher.</summary>
    private sealed class PartViews(TaskState state, int[] parts) : IReadOnlyList<PartView>
    {
        public int Count => parts.Length;

        public PartView this[int index] => Part(state, parts[index]);

        public IEnumerator<PartView> GetEnumerator()
        {
            foreach (var part in parts)
                yield return Part(state, part);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
