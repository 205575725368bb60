using System.Buffers;
using Rxelon.Domain.Sealing;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// Writes a log's public files (C2SP tlog-tiles v0.1.0, and the payload files beside them). Everything written follows from the
/// entries alone, so writing it again is harmless. Holds the open tile of each level and the open bundle in memory, and the names of the
/// files since the last flush. Owned by the sealer.
/// </summary>
internal sealed class LogFiles : IDisposable
{
    private readonly string _directory;
    private readonly List<List<MerkleHash>> _open = [];
    private readonly List<SealedEntry> _bundle = [];
    private readonly DurableBatch _batch = new();
    private readonly List<string> _superseded = [];

    private LogFiles(string directory, ulong size)
    {
        _directory = directory;
        Size = size;
    }

    /// <summary>Entries taken so far; those below the last multiple of 256 are in full files.</summary>
    internal ulong Size { get; private set; }

    /// <summary>Entries whose files are durable.</summary>
    internal ulong Durable { get; private set; }

    /// <summary>
    /// Goes on at <paramref name="size"/>, a multiple of 256, below which every file is on disk. A missing or short file is an
    /// <see cref="InvalidDataException"/>.
    /// </summary>
    internal static LogFiles Open(string directory, ulong size)
    {
        Directory.CreateDirectory(directory);
        foreach (var unfinished in Directory.EnumerateFiles(directory, "*" + DurableFile.Unfinished, SearchOption.AllDirectories))
            File.Delete(unfinished);
        var files = new LogFiles(directory, size);
        for (var level = 1; size >> (8 * level) > 0; level++)
        {
            var hashes = size >> (8 * level);
            var open = files.Level(level);
            for (var index = hashes - (hashes % Tile.FullWidth); index < hashes; index++)
                open.Add(Root(files.Read(new Tile(level - 1, index, Tile.FullWidth))));
        }

        return files;
    }

    /// <summary>Takes the next entry; writes the files that it fills, which are there after the next <see cref="Flush"/>.</summary>
    internal void Append(SealedEntry entry)
    {
        if (entry.Index != Size)
            throw new ArgumentException($"Entry {entry.Index} is not the next: {Size} is.", nameof(entry));
        _bundle.Add(entry);
        Size++;
        Append(0, entry.Hash, Size - 1);
        if (_bundle.Count < Tile.FullWidth)
            return;
        WriteBundle(new Tile(0, (Size - 1) / Tile.FullWidth, Tile.FullWidth));
        _bundle.Clear();
    }

    /// <summary>Writes what is open as partial files and makes everything durable, names included.</summary>
    internal void Flush()
    {
        for (var level = 0; level < _open.Count; level++)
        {
            if (_open[level].Count > 0)
                WriteTile(new Tile(level, (Size >> (8 * level)) / Tile.FullWidth, _open[level].Count));
        }

        if (_bundle.Count > 0)
            WriteBundle(new Tile(0, Size / Tile.FullWidth, _bundle.Count));
        _batch.Commit();
        Durable = Size;
        // A full file replaces the partial ones of its place; readers that find them gone ask for the full one.
        foreach (var partial in _superseded.Where(Directory.Exists))
            Directory.Delete(partial, recursive: true);
        _superseded.Clear();
    }

    public void Dispose() => _batch.Dispose();

    private void Append(int level, MerkleHash hash, ulong index)
    {
        var open = Level(level);
        open.Add(hash);
        if (open.Count < Tile.FullWidth)
            return;
        WriteTile(new Tile(level, index / Tile.FullWidth, Tile.FullWidth));
        Append(level + 1, Root(open), index / Tile.FullWidth);
        open.Clear();
    }

    private List<MerkleHash> Level(int level)
    {
        while (_open.Count <= level)
            _open.Add(new List<MerkleHash>(Tile.FullWidth));
        return _open[level];
    }

    private void WriteTile(Tile tile) => Write(tile, tile.Path, tile.Width * MerkleHash.Size, bytes =>
    {
        for (var i = 0; i < tile.Width; i++)
            _open[tile.Level][i].CopyTo(bytes[(i * MerkleHash.Size)..]);
    });

    private void WriteBundle(Tile tile)
    {
        var leaves = _bundle.ConvertAll(e => e.Leaf);
        Write(tile, tile.EntriesPath, EntryBundle.SizeOf(leaves), bytes => EntryBundle.Write(leaves, bytes));
        var replicas = _bundle.ConvertAll(e => e.Replica);
        Write(tile, tile.PayloadPath, PayloadBundle.SizeOf(replicas), bytes => PayloadBundle.Write(replicas, bytes));
    }

    // Bundles are larger than what the collector takes for small: their buffers are used again.
    private void Write(Tile tile, string name, int size, Filler fill)
    {
        var path = Path.Combine(_directory, name);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        fill(buffer.AsSpan(0, size));
        _batch.Write(path, buffer.AsSpan(0, size));
        ArrayPool<byte>.Shared.Return(buffer);
        if (tile.Width == Tile.FullWidth)
            _superseded.Add(path + ".p");
    }

    private List<MerkleHash> Read(Tile tile)
    {
        var path = Path.Combine(_directory, tile.Path);
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (bytes.Length != tile.Width * MerkleHash.Size)
            throw new InvalidDataException($"{path} is missing or damaged: run rxelon-hub ledger fsck (docs/runbooks/ledger.md).");
        var hashes = new List<MerkleHash>(tile.Width);
        for (var at = 0; at < bytes.Length; at += MerkleHash.Size)
        {
            _ = MerkleHash.TryRead(bytes.AsSpan(at, MerkleHash.Size), out var hash);
            hashes.Add(hash);
        }

        return hashes;
    }

    private delegate void Filler(Span<byte> bytes);

    private static MerkleHash Root(List<MerkleHash> full) => new HashedTile(full).Subtree(8, 0);
}
