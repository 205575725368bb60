namespace Rxelon.Shared.Ledger;

/// <summary>
/// A tile's hashes with the inner nodes above them, at most 255, hashed once: every complete subtree inside of the tile is a look-up.
/// Immutable.
/// </summary>
public sealed class HashedTile
{
    // Level 0 are the tile's own hashes; each level above has half as many, without the one that has no sibling.
    private readonly MerkleHash[][] _levels;

    /// <summary>Hashes up to 256 of one tile. Throws <see cref="ArgumentException"/> for none or more.</summary>
    public HashedTile(IReadOnlyCollection<MerkleHash> hashes)
    {
        if (hashes.Count is 0 or > Tile.FullWidth)
            throw new ArgumentException($"A tile has 1 to {Tile.FullWidth} hashes, not {hashes.Count}.", nameof(hashes));
        var levels = new List<MerkleHash[]> { hashes.ToArray() };
        while (levels[^1] is { Length: > 1 } below)
        {
            var above = new MerkleHash[below.Length / 2];
            for (var i = 0; i < above.Length; i++)
                above[i] = MerkleHash.OfNode(below[2 * i], below[(2 * i) + 1]);
            levels.Add(above);
        }

        _levels = [.. levels];
    }

    /// <summary>Hashes of the tile itself.</summary>
    public int Width => _levels[0].Length;

    /// <summary>The subtree over 2^<paramref name="level"/> hashes of the tile (0: the hash itself). Throws when the tile does not have all of them.</summary>
    public MerkleHash Subtree(int level, int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(level, _levels.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _levels[level].Length);
        return _levels[level][index];
    }
}
