using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>What a round of a mirror did.</summary>
/// <param name="Change">As of <see cref="LogFollower"/>.</param>
/// <param name="Checkpoint">What the mirror stands at now.</param>
/// <param name="Files">Written in this round, the checkpoint not counted.</param>
public sealed record MirrorRound(FollowChange Change, Checkpoint Checkpoint, int Files);

/// <summary>
/// A copy of one log with the hub's own paths: every tile and entry is checked against the checkpoint, every payload against its
/// entry, before it is written. The checkpoint is written last, so that what it commits to is there; a mirror that was killed
/// goes on at the next round. Dispose to let another process in.
/// </summary>
public sealed class LogMirror : IDisposable
{
    private const string State = "follow";

    private readonly string _folder;
    private readonly FolderLock _lock;
    private readonly LogReader _remote;
    private readonly LogReader _local;
    private readonly LogFollower _follower;
    private bool _checkAll;

    private LogMirror(string folder, FolderLock taken, LogReader remote, WitnessPolicy policy, TimeProvider time, bool checkAll)
    {
        (_folder, _lock, _remote, _checkAll) = (folder, taken, remote, checkAll);
        _local = new LogReader(new FolderLogSource(folder));
        _follower = new LogFollower(Path.Combine(folder, State), remote, policy, time, Path.Combine(folder, LogReader.CheckpointPath));
    }

    /// <summary>
    /// A mirror in a folder. <paramref name="checkAll"/>: the first round reads everything that is here again and fetches what is
    /// missing or damaged. Fault: conflict while another process works there.
    /// </summary>
    public static Outcome<LogMirror> Open(string folder, LogReader remote, WitnessPolicy policy, TimeProvider time, bool checkAll = false)
    {
        var taken = FolderLock.Take(folder);
        return taken.Fault is { } busy ? busy : new LogMirror(folder, taken.Value, remote, policy, time, checkAll);
    }

    /// <summary>True for the paths that a mirror may show: checkpoint, tiles, entries and payloads.</summary>
    public static bool Serves(string path)
        => path == LogReader.CheckpointPath || Tile.Parse(path).IsOk
            || (path.StartsWith("payload/", StringComparison.Ordinal) && Tile.Parse("tile/entries" + path["payload".Length..]).IsOk);

    /// <summary>
    /// Fetches what is new. Faults: those of <see cref="LogFollower.LookAsync"/>, and hash-mismatch, naming the index, for an
    /// altered entry or payload. What a faulty round left behind is checked again before it counts.
    /// </summary>
    public async Task<Outcome<MirrorRound>> RoundAsync(CancellationToken ct = default)
    {
        var look = await _follower.LookAsync(ct).ConfigureAwait(false);
        if (look.Fault is { } fault)
            return fault;
        var step = look.Value;
        if (step.Change == FollowChange.Behind)
            return new MirrorRound(step.Change, step.Checkpoint, 0);
        var from = _checkAll ? 0 : step.Before?.Size ?? 0;
        var files = 0;
        if (from < step.Checkpoint.Size)
        {
            var leaves = await PullLeavesAsync(step, from, ct).ConfigureAwait(false);
            if (leaves.Fault is { } altered)
                return altered;
            var tiles = await PullTilesAsync(step.Log, from, ct).ConfigureAwait(false);
            if (tiles.Fault is { } wrong)
                return wrong;
            files = leaves.Value + tiles.Value;
        }

        _follower.Keep(step);
        RemovePartials(from, step.Checkpoint.Size);
        _checkAll = false;
        return new MirrorRound(step.Change, step.Checkpoint, files);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private async Task<Outcome<int>> PullLeavesAsync(FollowStep step, ulong from, CancellationToken ct)
    {
        var (size, written, scan) = (step.Checkpoint.Size, 0, new EntryScan(step.Log, step.Keys));
        for (var at = from / Tile.FullWidth * Tile.FullWidth; at < size; at += Tile.FullWidth)
        {
            var tile = Tile.Holding(0, at, size);
            // What is here already, from a round that was cut, counts when it is right.
            var here = await step.Log.EntriesAsync(_local, tile, ct).ConfigureAwait(false);
            var entries = here.IsOk ? here : await step.Log.EntriesAsync(tile, ct).ConfigureAwait(false);
            if (entries.Fault is { } altered)
                return altered;
            var stored = await step.Log.PayloadsAsync(_local, tile, entries.Value, ct).ConfigureAwait(false);
            var payloads = stored.IsOk ? stored : await step.Log.PayloadsAsync(tile, entries.Value, ct).ConfigureAwait(false);
            if (payloads.Fault is { } wrong)
                return wrong;
            if (await scan.SeeAsync(tile, entries.Value, step.Before?.Size ?? 0, ct).ConfigureAwait(false) is { } broken)
                return broken;
            if (!here.IsOk)
                written += Write(tile.EntriesPath, EntryBundle.Write([.. entries.Value]));
            if (!stored.IsOk || !File.Exists(PathOf(tile.PayloadPath)))
                written += Write(tile.PayloadPath, PayloadBundle.Write(payloads.Value));
        }

        return written;
    }

    private async Task<Outcome<int>> PullTilesAsync(VerifiedLog log, ulong from, CancellationToken ct)
    {
        var written = 0;
        foreach (var tile in NewTiles(from, log.Checkpoint.Size))
        {
            var hashes = await log.TileAsync(tile, ct).ConfigureAwait(false);
            if (hashes.Fault is { } wrong)
                return wrong;
            var bytes = hashes.Value.SelectMany(hash => hash.ToBytes()).ToArray();
            if (DurableFile.Read(PathOf(tile.Path), bytes.Length) is not { } here || !here.AsSpan().SequenceEqual(bytes))
                written += Write(tile.Path, bytes);
        }

        return written;
    }

    // Readers of an older checkpoint find the full file where the partial one was.
    private void RemovePartials(ulong from, ulong size)
    {
        foreach (var tile in NewTiles(from, size).Where(t => t.Width == Tile.FullWidth))
        {
            string[] full = tile.Level > 0 ? [tile.Path] : [tile.Path, tile.EntriesPath, tile.PayloadPath];
            foreach (var partial in full.Select(path => PathOf(path) + ".p").Where(Directory.Exists))
                Directory.Delete(partial, recursive: true);
        }
    }

    /// <summary>The tiles of a tree that a smaller one does not have, or not so full.</summary>
    private static IEnumerable<Tile> NewTiles(ulong from, ulong size)
    {
        for (var level = 0; level * 8 < 64 && size >> (level * 8) > 0; level++)
        {
            var hashes = size >> (level * 8);
            for (var at = (from >> (level * 8)) / Tile.FullWidth * Tile.FullWidth; at < hashes; at += Tile.FullWidth)
                yield return Tile.Holding(level, at, size);
        }
    }

    private int Write(string path, byte[] content)
    {
        DurableFile.Write(PathOf(path), content, syncDirectory: false);
        return 1;
    }

    private string PathOf(string path) => Path.Combine(_folder, path);
}
