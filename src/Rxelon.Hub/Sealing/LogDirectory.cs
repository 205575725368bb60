using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>Reads a log's public files from its directory; safe from any thread, since they only ever appear whole.</summary>
internal sealed class LogDirectory
{
    private readonly string _directory;
    private readonly TileTree _tree;

    internal LogDirectory(string directory)
    {
        _directory = directory;
        _tree = new TileTree(ReadTile);
    }

    internal string Path => _directory;

    /// <summary>Makes proofs about the tree of that size, whose files must be durable. A missing file is an <see cref="InvalidDataException"/>.</summary>
    internal ProofBuilder Proofs(ulong size) => _tree.At(size);

    /// <summary>The entry's bytes in the tree of that size.</summary>
    internal byte[] ReadEntry(ulong index, ulong size)
    {
        var tile = Tile.Holding(0, index, size);
        return ReadEntries(tile)[(int)(index % Tile.FullWidth)];
    }

    /// <summary>At least the entries of that bundle.</summary>
    internal IReadOnlyList<byte[]> ReadEntries(Tile tile)
    {
        var (bytes, width) = Read(tile, t => t.EntriesPath);
        var entries = EntryBundle.Read(bytes, width);
        return entries.IsOk ? entries.Value : throw Damaged(tile.EntriesPath);
    }

    /// <summary>Every event of a log of that size with its encrypted copy, in order; the files were checked before.</summary>
    internal static IEnumerable<(EventLeaf Leaf, byte[] Replica)> Events(string directory, ulong size)
    {
        var log = new LogDirectory(directory);
        foreach (var tile in Tile.Of(size).Where(t => t.Level == 0))
        {
            var leaves = log.ReadEntries(tile);
            var (bytes, width) = log.Read(tile, t => t.PayloadPath);
            var replicas = PayloadBundle.Read(bytes, width);
            for (var i = 0; i < tile.Width; i++)
            {
                if (Leaf.Parse(leaves[i]).Value is EventLeaf leaf)
                    yield return (leaf, replicas.IsOk ? replicas.Value[i] : throw Damaged(tile.PayloadPath));
            }
        }
    }

    private List<MerkleHash> ReadTile(Tile tile)
    {
        var (bytes, width) = Read(tile, t => t.Path);
        if (bytes.Length != width * MerkleHash.Size)
            throw Damaged(tile.Path);
        var hashes = new List<MerkleHash>(width);
        for (var at = 0; at < bytes.Length; at += MerkleHash.Size)
        {
            _ = MerkleHash.TryRead(bytes.AsSpan(at, MerkleHash.Size), out var hash);
            hashes.Add(hash);
        }

        return hashes;
    }

    private (byte[] Bytes, int Width) Read(Tile tile, Func<Tile, string> path)
    {
        try
        {
            return (File.ReadAllBytes(System.IO.Path.Combine(_directory, path(tile))), tile.Width);
        }
        catch (Exception e) when (tile.Width < Tile.FullWidth && e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The full file has replaced the partial one; it begins the same way.
            var full = tile with { Width = Tile.FullWidth };
            var file = System.IO.Path.Combine(_directory, path(full));
            return File.Exists(file) ? (File.ReadAllBytes(file), Tile.FullWidth) : throw Damaged(path(tile));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Damaged(path(tile));
        }
    }

    private static InvalidDataException Damaged(string path)
        => new($"The ledger's file {path} is missing or damaged: run rxelon-hub ledger fsck (docs/runbooks/ledger.md).");
}
