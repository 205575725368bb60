using Rxelon.Domain.Kernel;

namespace Rxelon.Domain.Tasks;

/// <summary>Brings lies to the records of those who told them, and to other tasks (docs/design/verification.md).</summary>
internal static class TaskAccusations
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Heard(TaskState state, AccusationHeard c)
    {
        if (state.Submission is null)
            return new([], TaskDecider.NotFound(c.Task), []);
        var output = new TaskOutput(state);
        if (state.Accusations.ContainsKey(c.Node))
            output.Happened(new AccusationRecorded(c.Node, c.At));
        return output.Ok();
    }

    /// <summary>Accusations that a batch brought up.</summary>
    internal static IEnumerable<Accuse> New(TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch)
        => batch.Any(e => e is PartsRejected) ? after.Accusations.Where(a => !before.Accusations.ContainsKey(a.Key)).Select(a => a.Value) : [];

    /// <summary>Accusations that nobody has confirmed.</summary>
    internal static IEnumerable<Accuse> Owed(TaskState state) => state.Settled ? [] : state.Accusations.Values;

    /// <summary>When to bring them up again; it may be past.</summary>
    internal static DateTimeOffset? Due(TaskState state)
        => state.Accusations.IsEmpty ? null : state.Accusations.Values.Min(a => a.JudgedAt) + TaskRules.AskAgain;

    /// <summary>True when this settlement has to wait: once the hold is closed nobody wakes the task again.</summary>
    internal static bool HoldBack(TaskState state, SettlementInFlight flight) => flight.Close && !state.Accusations.IsEmpty;

    /// <summary>The operator lied in another task: a task that is compared takes back what was not.</summary>
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Distrust(TaskState state, DistrustOperator c)
    {
        if (state.Submission is null)
            return new([], TaskDecider.NotFound(c.Task), []);
        var output = new TaskOutput(state);
        if (state.IsAlive && state.PaysAtTheEnd && state.SubmittedAt < c.Since && c.LiedIn != c.Task && !state.Distrusted.Contains(c.Operator))
            TaskVerification.DistrustElsewhere(state, c.Operator, c.Node, c.At, output);
        return output.Ok();
    }
}
