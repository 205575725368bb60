using System.Diagnostics;
using Rxelon.Domain.Sealing;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Ledger;

namespace Rxelon.Bench.Rows;

/// <summary>Frontier and writer of the log's files by themselves, into a real directory, durable at every checkpoint.</summary>
internal static class LogFilesLoad
{
    /// <summary>Leaves between two flushes: one second's worth at the promised rate.</summary>
    private const int Checkpoint = 300_000;

    private const int LeafSize = 146;

    internal static IReadOnlyList<Figure> Measure(string directory, int leaves, double promised, CancellationToken cancel)
    {
        var before = GC.GetTotalMemory(true);
        var residentBefore = Resident();
        using var files = LogFiles.Open(directory, 0);
        var frontier = new Frontier();
        var flushing = TimeSpan.Zero;
        var flushes = new List<double>();
        var load = new Load();
        for (var i = 0; i < leaves; i++)
        {
            var leaf = new byte[LeafSize];
            BitConverter.TryWriteBytes(leaf, i);
            var hash = MerkleHash.OfLeaf(leaf);
            frontier.Append(hash);
            files.Append(new SealedEntry((ulong)i, leaf, hash, []));
            if (i % Checkpoint != Checkpoint - 1 && i != leaves - 1)
                continue;
            cancel.ThrowIfCancellationRequested();
            var from = Stopwatch.GetTimestamp();
            files.Flush();
            flushes.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            flushing += Stopwatch.GetElapsedTime(from);
        }

        var rate = leaves / load.Seconds;
        var share = flushing.TotalSeconds / load.Seconds;
        var heap = (GC.GetTotalMemory(true) - before) / 1048576.0;
        var resident = Resident() - residentBefore;
        if (files.Durable != (ulong)leaves || new LogDirectory(directory).Proofs((ulong)leaves).Root((ulong)leaves) != frontier.Root())
            throw new InvalidOperationException("The files do not give the frontier's root.");
        return
        [
            new($"files alone, {leaves} leaves hashed, written and synced", "1/s", [rate], Target.Least(promised)),
            new("  share of the time in flushes", "", [share]),
            new($"  one flush, every {Checkpoint} leaves", "ms", flushes),
            new("  managed memory kept afterwards", "MiB", [heap]),
            new("  resident memory, after minus before", "MiB", [resident]),
        ];
    }

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }
}
