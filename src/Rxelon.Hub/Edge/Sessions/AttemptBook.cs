using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>What a session knows of its tasks and attempts. Not durable: after a hub's restart it is read from the task again.</summary>
internal sealed class AttemptBook
{
    private readonly Dictionary<TaskId, TaskEntry> _tasks = [];

    /// <summary>Attempts under way.</summary>
    internal int Count { get; private set; }

    internal IReadOnlyCollection<TaskId> Tasks => _tasks.Keys;

    internal IEnumerable<AttemptId> Attempts
        => _tasks.SelectMany(t => t.Value.Inputs.Keys.Select(a => new AttemptId(t.Key, a.Part, a.Number)));

    internal void Add(TaskId task, AccountId owner, long outputBytes, IEnumerable<(PartAttempt Attempt, BlobId Input)> parts)
    {
        if (!_tasks.TryGetValue(task, out var entry))
            _tasks[task] = entry = new TaskEntry();
        if (!owner.IsUnset)
            entry.Owner = owner;
        foreach (var (attempt, input) in parts)
        {
            if (entry.Inputs.TryAdd(attempt, (input, outputBytes)))
                Count++;
        }
    }

    /// <summary>From the task itself: fills in what a fresh hub does not know, for attempts this node may still run.</summary>
    internal void Learn(TaskView view, NodeId node)
    {
        foreach (var stage in view.Parts
            .Where(p => p.Node == node && p.Phase is PartPhase.Assigned or PartPhase.KeyReleased)
            .GroupBy(p => p.Origin.Stage))
        {
            Add(
                view.Task, view.Owner, view.Plan.Stages[stage.Key].Spec.Limits.OutputBytes,
                stage.Select(p => (new PartAttempt(p.Part, p.Attempt), p.Input.Id)));
        }
    }

    internal bool Contains(AttemptId attempt)
        => _tasks.TryGetValue(attempt.Task, out var entry) && entry.Inputs.ContainsKey(WireMap.PartOf(attempt));

    /// <summary>Owner, input and output bound of an attempt; false when it or the owner is not known here.</summary>
    internal bool TryFind(AttemptId attempt, out AccountId owner, out BlobId input, out long outputBytes)
    {
        input = default;
        outputBytes = 0;
        owner = default;
        if (!_tasks.TryGetValue(attempt.Task, out var entry) || entry.Owner.IsUnset || !entry.Inputs.TryGetValue(WireMap.PartOf(attempt), out var known))
            return false;
        owner = entry.Owner;
        (input, outputBytes) = known;
        return true;
    }

    internal void Remove(AttemptId attempt)
    {
        if (!_tasks.TryGetValue(attempt.Task, out var entry) || !entry.Inputs.Remove(WireMap.PartOf(attempt)))
            return;
        Count--;
        if (entry.Inputs.Count == 0)
            _tasks.Remove(attempt.Task);
    }

    internal void Clear()
    {
        _tasks.Clear();
        Count = 0;
    }

    private sealed class TaskEntry
    {
        internal AccountId Owner { get; set; }

        internal Dictionary<PartAttempt, (BlobId Input, long OutputBytes)> Inputs { get; } = [];
    }
}
