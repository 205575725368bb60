using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>Two tables, by node and by task.</summary>
internal sealed class ProgressBoard : IProgressBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, HashSet<AttemptId>> _held = [];
    private readonly Dictionary<TaskId, Dictionary<AttemptId, (int Permille, UsageInfo? Usage)>> _tasks = [];

    /// <inheritdoc/>
    public void Report(NodeId node, AttemptId attempt, int permille, UsageInfo? usage = null)
    {
        lock (_gate)
        {
            if (!_tasks.TryGetValue(attempt.Task, out var attempts))
                _tasks.Add(attempt.Task, attempts = []);
            attempts[attempt] = (permille, usage);
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
        {
            var said = _tasks.GetValueOrDefault(task)?.Where(a => a.Value.Permille > 0).GroupBy(a => a.Key.Part).ToDictionary(g => g.Key, g => g.Max(a => a.Value.Permille));
            return said is { Count: > 0 } ? said : null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<(int Part, int Number), UsageInfo> UsageOf(TaskId task)
    {
        lock (_gate)
        {
            return _tasks.GetValueOrDefault(task)?.Where(a => a.Value.Usage is not null).ToDictionary(a => (a.Key.Part, a.Key.Number), a => a.Value.Usage!)
                ?? [];
        }
    }
}
