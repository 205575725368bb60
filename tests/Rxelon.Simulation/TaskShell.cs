using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;

namespace Rxelon.Simulation;

/// <summary>A task's entity without a journal: decides on pending, and speaks once a batch is taken over.</summary>
internal sealed class TaskShell(TaskId id)
{
    private readonly List<ITaskEvent> _events = [];
    private readonly List<ITaskEffect> _effects = [];

    internal TaskId Id => id;

    internal TaskState State { get; private set; } = TaskState.Of(id);

    private TaskState Pending { get; set; } = TaskState.Of(id);

    internal TaskReply Handle(ITaskCommand command)
    {
        var decision = TaskDecider.Decide(Pending, command);
        foreach (var happened in decision.Events)
            Pending = TaskDecider.Apply(Pending, happened);
        _events.AddRange(decision.Events);
        _effects.AddRange(decision.Effects);
        return decision.Reply;
    }

    internal List<ITaskEffect> Flush(DateTimeOffset now)
    {
        var batch = TaskCoalescing.Coalesce(_events);
        var before = State;
        foreach (var happened in batch)
            State = TaskDecider.Apply(State, happened);
        List<ITaskEffect> effects = [.. _effects, .. batch.Count > 0 ? TaskDecider.After(before, State, batch, now) : []];
        _events.Clear();
        _effects.Clear();
        Pending = State;
        return effects;
    }
}
