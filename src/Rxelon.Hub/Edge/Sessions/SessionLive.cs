using Rxelon.Link.Guard;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// What running attempts send meanwhile: logs, for the log store, and progress, for the board (docs/design/logs.md). Runs inside the
/// session's actor.
/// </summary>
internal sealed class SessionLive(NodeId node, SessionServices services, AttemptBook book, SessionResults results)
{
    private const double ChunksPerSecond = 200;
    private const double ChunkBurst = 400;
    private const int MostAsked = 64;
    private const int MostHeld = 10_000;
    private const int Thousand = 1000;

    private readonly RateLimit _rate = new(services.Time, ChunksPerSecond, ChunkBurst);

    // Attempts that this node was seen to hold in this session: a report may overtake the last chunks.
    private readonly HashSet<AttemptId> _held = [];
    private readonly Dictionary<TaskId, List<(AttemptId Attempt, AttemptLog Log)>> _asked = [];

    /// <summary>A chunk or a figure. Null, or how the frame breaks the protocol.</summary>
    internal string? Take(ToHub frame) => frame.BodyCase == ToHub.BodyOneofCase.Log ? Log(frame.Log) : Progress(frame.Progress);

    private string? Log(AttemptLog log)
    {
        if (!WireMap.TryRead(log.Attempt, out var attempt) || log.Chunk.Length is < LogSealer.Overhead or > LogSealer.Overhead + LogSealer.MaxPlain)
            return "its log cannot be read";
        if (!_rate.TryTake())
            return null;
        if (_asked.TryGetValue(attempt.Task, out var waiting))
        {
            if (waiting.Count < MostAsked)
                waiting.Add((attempt, log));
        }
        else if (Holds(attempt))
        {
            Keep(attempt, log);
        }
        else
        {
            // A fresh hub does not know yet what this node runs; the task does.
            _asked.Add(attempt.Task, [(attempt, log)]);
            results.Learn(attempt.Task, () => Learned(attempt.Task));
        }

        return null;
    }

    private string? Progress(Progress progress)
    {
        if (!WireMap.TryRead(progress.Attempt, out var attempt) || progress.Permille > Thousand)
            return "its progress cannot be read";
        if (book.Contains(attempt))
        {
            services.Board.Report(node, attempt, (int)progress.Permille, new UsageInfo(
                progress.ElapsedMillis, progress.CpuMillis, progress.Memory, progress.PeakMemory, progress.ReadBytes, progress.WrittenBytes, progress.StdoutBytes));
        }

        return null;
    }

    internal void Tick()
    {
        services.Board.Keep(node, book.Contains);
        if (_held.Count > MostHeld)
            _held.RemoveWhere(a => !book.Contains(a));
    }

    internal void Close()
    {
        services.Board.Keep(node, _ => false);
        _held.Clear();
    }

    private bool Holds(AttemptId attempt) => _held.Contains(attempt) || (book.Contains(attempt) && _held.Add(attempt));

    private void Learned(TaskId task)
    {
        if (!_asked.Remove(task, out var waiting))
            return;
        foreach (var (attempt, log) in waiting.Where(w => Holds(w.Attempt)))
            Keep(attempt, log);
    }

    private void Keep(AttemptId attempt, AttemptLog log) => services.Logs.Append(attempt, log.Number, log.Chunk.Memory);
}
