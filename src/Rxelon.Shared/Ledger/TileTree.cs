namespace Rxelon.Shared.Ledger;

/// <summary>
/// Complete subtrees and proofs from the tiles of one log, for whoever makes many: the tiles read last are kept with their inner
/// nodes (<see cref="HashedTile"/>), so that one proof does not hash 255 nodes a tile anew. Gives what <see cref="Tile.Subtree"/>
/// gives. What is read is believed: whoever reads a stranger's tiles checks the proof against a checkpoint. Safe for concurrent use
/// when <paramref name="read"/> is.
/// </summary>
/// <param name="read">The hashes of a tile, exactly or at least its width. May throw; then nothing is kept.</param>
/// <param name="capacity">Tiles kept at most, 16 KiB each. The tiles above level 0 are few and used most, so they stay.</param>
public sealed class TileTree(Func<Tile, IReadOnlyList<MerkleHash>> read, int capacity = TileTree.DefaultCapacity)
{
    /// <summary>32 MiB when all of it is in use: half a million leaves with everything above them.</summary>
    public const int DefaultCapacity = 2048;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Level, ulong Number), LinkedListNode<((int, ulong) Place, HashedTile Tile)>> _kept = [];

    // The one used last stands first.
    private readonly LinkedList<((int, ulong) Place, HashedTile Tile)> _order = [];

    /// <summary>Proofs in the tree of that size; larger trees of the same log are served by the same tiles.</summary>
    public ProofBuilder At(ulong size) => new((level, index) => Subtree(level, index, size));

    /// <summary>The hash of the complete subtree at a tree level (0: leaves) and index, in the tree of that size.</summary>
    public MerkleHash Subtree(int level, ulong index, ulong size)
    {
        var (tile, inner, first) = Tile.HoldingSubtree(level, index, size);
        return Hashed(tile).Subtree(inner, first >> inner);
    }

    // Two that miss the same tile at once both read it: harmless, and nobody waits for another's disk or network.
    private HashedTile Hashed(Tile tile)
    {
        var place = (tile.Level, tile.Number);
        lock (_gate)
        {
            if (_kept.TryGetValue(place, out var node) && node.Value.Tile.Width >= tile.Width)
            {
                _order.Remove(node);
                _order.AddFirst(node);
                return node.Value.Tile;
            }
        }

        var hashed = new HashedTile(read(tile));
        if (hashed.Width < tile.Width)
            throw new InvalidDataException($"{tile.Path} has {hashed.Width} hashes, not {tile.Width}.");
        lock (_gate)
        {
            if (_kept.Remove(place, out var before))
                _order.Remove(before);
            _kept.Add(place, _order.AddFirst((place, hashed)));
            if (_kept.Count > Math.Max(1, capacity) && _order.Last is { } oldest)
            {
                _order.RemoveLast();
                _kept.Remove(oldest.Value.Place);
            }
        }

        return hashed;
    }
}
