namespace Rxelon.Domain.Tasks;

/// <summary>What follows from a task's durable state rather than from a single command.</summary>
internal static class TaskOutcome
{
    // A hundred years: keeps an absurd spec from overflowing the calendar.
    private const long LongestSeconds = 100L * 365 * 24 * 3600;

    internal static IReadOnlyList<ITaskEffect> After(
        TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch, DateTimeOffset now)
    {
        if (after.Submission is null || ReferenceEquals(before, after))
            return [];
        var effects = new List<ITaskEffect>();
        if (TaskDemands.After(before, after, batch) is { } demand)
            effects.Add(new Demand(demand));
        effects.AddRange(TaskAccusations.New(before, after, batch));
        if (after.InFlight is { } flight && batch.Any(e => e is SettlementDue or AccusationRecorded) && !TaskAccusations.HoldBack(after, flight))
            effects.Add(TaskMoney.Settlement(after, flight));
        if (after is { IsAlive: true, AnsweredCount: > 0 })
            effects.AddRange(TaskVerification.Requests(after, batch.Where(e => e is PartsReported or AttemptsFailed or OperatorDistrusted).SelectMany(TaskViews.PartsOf)));
        if (TaskCheckpoints.Dropped(before, after, batch) is { } dropped)
            effects.Add(dropped);
        if (TaskViews.News(before, after, batch, now) is { } news)
            effects.Add(new Announce(news));
        if (IsAtRest(after))
        {
            if (!IsAtRest(before) || after.Erased != before.Erased)
                effects.Add(new Rest());
        }
        else if (NextDue(after) is { } due && due != NextDue(before))
        {
            effects.Add(new WakeAt(due));
        }

        return effects;
    }

    internal static IReadOnlyList<ITaskEffect> Owed(TaskState durable, DateTimeOffset now)
    {
        if (durable.Submission is not { } order)
            return [];
        if (durable.Erased)
            return [new EraseBlobs(order.Owner, TaskEnding.Blobs(durable)), new Rest()];
        if (!durable.IsAlive)
            return [new Demand(TaskDemands.Whole(durable)), .. TaskAccusations.Owed(durable), new WakeAt(now)];
        var effects = new List<ITaskEffect>();
        if (!durable.HoldConfirmed)
            effects.Add(new HoldFunds(order.Owner, durable.Hold));
        else
            effects.Add(new Demand(TaskDemands.Whole(durable)));
        if (durable.Wish is { } wish)
            effects.Add(new AdjustHold(order.Owner, wish.Amount, wish.CommandId));
        effects.AddRange(TaskVerification.Requests(durable));
        effects.AddRange(TaskAccusations.Owed(durable));
        var sessions = TaskFailing.Running(durable).Select(a => (a.Running.Node, a.Running.Session)).Distinct().ToList();
        if (sessions.Count > 0)
            effects.Add(new CheckSessions(sessions, now + TaskRules.ReconnectGrace));
        if (NextDue(durable) is { } due)
            effects.Add(new WakeAt(due > now ? due : now));
        return effects;
    }

    /// <summary>The nearest time at which the clock alone changes something.</summary>
    internal static DateTimeOffset? NextDue(TaskState s)
    {
        if (s.Submission is null || s.Erased)
            return null;
        if (s.EndedAt is { } ended)
            return s.Settled ? EraseDue(s) : (s.InFlight?.At ?? ended) + TaskRules.AskAgain;
        DateTimeOffset? due = Deadline(s);
        if (!s.HoldConfirmed)
            due = Earlier(due, s.SubmittedAt + TaskRules.AskAgain);
        if (s.Wish is not null)
            due = Earlier(due, s.SubmittedAt + TaskRules.AskAgain);
        if (s.RunningCount > 0)
            due = Earlier(due, s.AttemptsDue);
        if (s.RunningCount > 0)
            due = Earlier(due, s.StragglersDue);
        if (s.AnsweredCount > 0)
            due = Earlier(due, s.AnswersDue);
        due = Earlier(due, TaskAccusations.Due(s));
        if (s.InFlight is { } flight)
            due = Earlier(due, flight.At + TaskRules.AskAgain);
        else if (s.UnsettledSince is { } since)
            due = Earlier(due, since + TaskRules.SettleAfter);
        return due;
    }

    internal static DateTimeOffset? Deadline(TaskState s)
        => s.DeadlineSeconds > 0 ? s.SubmittedAt.AddSeconds(Math.Min(s.DeadlineSeconds, LongestSeconds)) : null;

    /// <summary>When an ended task's ciphertext is destroyed.</summary>
    internal static DateTimeOffset? EraseDue(TaskState s) => s.EndedAt?.AddSeconds(Math.Clamp(s.Spec.Retain.ResultsSeconds, 0, LongestSeconds));

    /// <summary>True when only retention is left: the open index wakes the task when that is due.</summary>
    internal static bool IsAtRest(TaskState s) => s.Erased || (s.EndedAt is not null && s.Settled && s.InFlight is null);

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;
}
