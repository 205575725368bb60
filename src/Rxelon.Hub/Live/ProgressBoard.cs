using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>Two tables, by node and by task. An attempt that says nothing (0) is in neither.</summary>
internal sealed class ProgressBoard : IProgressBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, HashSet<AttemptId>> _held = [];
    private readonly Dictionary<TaskId, Dictionary<AttemptId, int>> _tasks = [];

    /// <inheritdoc/>
    public void Report(NodeId node, AttemptId attempt, int permille)
    {
        lock (_gate)
        {
            if (!_tasks.TryGetValue(attempt.Task, out var attempts))
            {
                if (permille == 0)
                    return;
                _tasks.Add(attempt.Task, attempts = []);
            }

            if (permille == 0 && !attempts.ContainsKey(attempt))
                return;
            attempts[attempt] = permille;
            if (!_held.TryGetValue(node, out var held))
                _held.Add(node, held = []);
            held.Add(attempt);
        }
    }

    /// <inheritdoc/>
    public void Keep(NodeId node, Func<AttemptId, bool> holds)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(node, out var held))
                return;
            foreach (var gone in held.Where(a => !holds(a)).ToList())
            {
                held.Remove(gone);
                if (_tasks.TryGetValue(gone.Task, out var attempts) && attempts.Remove(gone) && attempts.Count == 0)
                    _tasks.Remove(gone.Task);
            }

            if (held.Count == 0)
                _held.Remove(node);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, int>? Of(TaskId task)
    {
        lock (_gate)
            return _tasks.TryGetValue(task, out var attempts) ? attempts.GroupBy(a => a.Key.Part).ToDictionary(g => g.Key, g => g.Max(a => a.Value)) : null;
    }
}
