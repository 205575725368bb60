using System.Collections.Concurrent;
using Rxelon.Bench.Mock;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Notes when each block is there for readers, seen from outside every few milliseconds, and tells how long its events had waited since
/// the journal wrote them.
/// </summary>
internal sealed class BlockWatch : IDisposable
{
    private const int EachMilliseconds = 5;

    private readonly MockHub _hub;
    private readonly ConcurrentQueue<(ulong Size, DateTime At)> _seen = [];
    private readonly Timer _timer;
    private ulong _last;

    internal BlockWatch(MockHub hub)
    {
        _hub = hub;
        _timer = new Timer(_ => Look(), null, 0, EachMilliseconds);
    }

    /// <summary>For each event from that entry on, the seconds from its journal row to its block. For a hub at rest.</summary>
    internal async Task<List<double>> WaitsAsync(ulong from)
    {
        using var connection = new SqliteFile(Path.Combine(_hub.Options.DataDirectory, SealingServices.DatabaseName)).OpenAlone();
        using (var attach = SqliteFile.Prepare(connection, "ATTACH $file AS journal"))
        {
            attach.Parameters[0].Value = Path.Combine(_hub.Options.DataDirectory, "journal.db");
            attach.ExecuteNonQuery();
        }

        var size = LedgerSchema.ReadHead(connection).Size;
        while (Volatile.Read(ref _last) < size)
            await Task.Delay(EachMilliseconds);
        var seen = _seen.OrderBy(s => s.Size).ToList();
        using var events = SqliteFile.Prepare(connection, """
            SELECT s.idx, j.created FROM sealed s JOIN entities e ON e.id = s.entity
            JOIN journal.journal j ON j.persistence_id = e.pid AND j.sequence_number = s.seq WHERE s.idx >= $from ORDER BY s.idx
            """);
        events.Parameters[0].Value = (long)from;
        var waits = new List<double>();
        using var row = events.ExecuteReader();
        for (var block = 0; row.Read();)
        {
            while (seen[block].Size <= (ulong)row.GetInt64(0))
                block++;
            waits.Add((seen[block].At - new DateTime(row.GetInt64(1), DateTimeKind.Utc)).TotalSeconds);
        }

        return waits;
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var size = _hub.Ledger!.Status.PublishedSize;
        var now = DateTime.UtcNow;
        if (Interlocked.Exchange(ref _last, size) != size)
            _seen.Enqueue((size, now));
    }
}
