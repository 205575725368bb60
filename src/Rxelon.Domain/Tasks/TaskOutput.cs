using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>Gathers what one decision leads to.</summary>
internal sealed class TaskOutput(TaskState state)
{
    private readonly List<ITaskEvent> _events = [];
    private readonly List<ITaskEffect> _effects = [];

    internal TaskOutput Happened(ITaskEvent happened)
    {
        _events.Add(happened);
        return this;
    }

    internal TaskOutput Then(ITaskEffect effect)
    {
        _effects.Add(effect);
        return this;
    }

    /// <summary>The state with everything so far.</summary>
    internal TaskState Folded()
    {
        var folded = state;
        foreach (var happened in _events)
            folded = TaskFold.Apply(folded, happened);
        return folded;
    }

    /// <summary>Frees the room of these attempts of one node, session by session.</summary>
    internal void Free(IEnumerable<(PartAttempt Attempt, RunningAttempt Running)> attempts, Fault? fault)
    {
        foreach (var group in attempts.GroupBy(a => (a.Running.Node, a.Running.Session)))
            Then(new FreeRoom(group.Key.Node, group.Key.Session, [.. group.Select(a => a.Attempt)], fault));
    }

    internal void Stop(IEnumerable<(PartAttempt Attempt, RunningAttempt Running)> attempts, string reason)
    {
        foreach (var group in attempts.GroupBy(a => (a.Running.Node, a.Running.Session)))
            Then(new StopAttempts(group.Key.Node, group.Key.Session, [.. group.Select(a => a.Attempt)], reason));
    }

    internal Decision<ITaskEvent, TaskReply, ITaskEffect> Reply(TaskReply reply) => new(_events, reply, _effects);

    internal Decision<ITaskEvent, TaskReply, ITaskEffect> Ok() => Reply(new TaskOk(state.Id, _events.Count == 0 ? state.Phase : Folded().Phase));

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Refuse(TaskId task, Fault fault) => new([], new TaskRefused(task, fault), []);

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Refuse(TaskId task, string code, string message, bool retryable = false)
        => Refuse(task, new Fault(code, message, Culprit.None, retryable));
}
