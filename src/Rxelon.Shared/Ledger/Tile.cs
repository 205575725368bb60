using System.Globalization;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// A tile's place (C2SP tlog-tiles v0.1.0): 256 hashes of one level, or the first <paramref name="Width"/> of them while the tree
/// has no more. Entry i of tile n at level l is the root of leaves (n·256+i)·256^l up to (n·256+i+1)·256^l.
/// </summary>
public readonly record struct Tile(int Level, ulong Number, int Width)
{
    /// <summary>Hashes in a full tile, and entries in a full bundle.</summary>
    public const int FullWidth = 256;

    /// <summary>Levels of a tree of 2^64 leaves.</summary>
    public const int MaxLevel = 63;

    private const int LevelBits = 8;
    private const int LongestPath = 64;

    /// <summary>Path below the log's prefix: <c>tile/L/N</c> or <c>tile/L/N.p/W</c>.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"tile/{Level}/{Places(Number)}{Partial(Width)}");

    /// <summary>Path of the bundle of the same leaves: <c>tile/entries/N</c>; the level does not count.</summary>
    public string EntriesPath => string.Create(CultureInfo.InvariantCulture, $"tile/entries/{Places(Number)}{Partial(Width)}");

    /// <summary>Path of the encrypted events of the same leaves: <c>payload/N</c> (docs/design/ledger.md).</summary>
    public string PayloadPath => string.Create(CultureInfo.InvariantCulture, $"payload/{Places(Number)}{Partial(Width)}");

    /// <summary>All tiles of a tree of that size, lowest level first; no empty ones.</summary>
    public static IEnumerable<Tile> Of(ulong size)
    {
        for (var level = 0; level * LevelBits < 64 && size >> (level * LevelBits) > 0; level++)
        {
            var hashes = size >> (level * LevelBits);
            for (ulong n = 0; n < hashes / FullWidth; n++)
                yield return new Tile(level, n, FullWidth);
            if (hashes % FullWidth > 0)
                yield return new Tile(level, hashes / FullWidth, (int)(hashes % FullWidth));
        }
    }

    /// <summary>The tile of a tree of that size that has the hash at <paramref name="index"/> of tile level <paramref name="level"/>.</summary>
    public static Tile Holding(int level, ulong index, ulong size)
    {
        var hashes = size >> (level * LevelBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, hashes);
        var number = index / FullWidth;
        return new Tile(level, number, (int)Math.Min(FullWidth, hashes - (number * FullWidth)));
    }

    /// <summary>
    /// The hash of the complete subtree at a tree level (0: leaves) and index, read from tiles: it is in a tile when the level is a
    /// multiple of eight, and the root of a run of hashes of one tile otherwise, which is hashed anew each time
    /// (<see cref="TileTree"/> keeps it).
    /// </summary>
    /// <param name="level">Tree level: 2^level leaves.</param>
    /// <param name="index">Which subtree of that level.</param>
    /// <param name="size">Of the tree whose tiles are read.</param>
    /// <param name="read">The hashes of a tile, at least <see cref="Width"/>.</param>
    public static MerkleHash Subtree(int level, ulong index, ulong size, Func<Tile, IReadOnlyList<MerkleHash>> read)
    {
        var (tile, inner, from) = HoldingSubtree(level, index, size);
        var run = read(tile).Skip(from).Take(1 << inner).ToArray();
        for (var length = run.Length; length > 1; length /= 2)
        {
            for (var i = 0; i < length / 2; i++)
                run[i] = MerkleHash.OfNode(run[2 * i], run[(2 * i) + 1]);
        }

        return run[0];
    }

    /// <summary>The tile that has the subtree, over how many hashes (2^Inner) and from which on.</summary>
    internal static (Tile Tile, int Inner, int First) HoldingSubtree(int level, ulong index, ulong size)
    {
        var inner = level % LevelBits;
        var first = index << inner;
        return (Holding(level / LevelBits, first, size), inner, (int)(first % FullWidth));
    }

    /// <summary>Reads a path. Fault: malformed for everything that <see cref="Path"/> and <see cref="EntriesPath"/> do not write.</summary>
    public static Outcome<(Tile Tile, bool Entries)> Parse(string path)
    {
        if (path.Length > LongestPath)
            return NoTile;
        var pieces = path.Split('/');
        if (pieces.Length < 3 || pieces[0] != "tile")
            return NoTile;
        var entries = pieces[1] == "entries";
        var level = 0;
        if (!entries && (!int.TryParse(pieces[1], NumberStyles.None, CultureInfo.InvariantCulture, out level) || level > MaxLevel))
            return NoTile;
        var width = FullWidth;
        var last = pieces.Length - 1;
        if (pieces[last - 1].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!int.TryParse(pieces[last], NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= FullWidth)
                return NoTile;
            pieces[last - 1] = pieces[last - 1][..^2];
            last--;
        }

        ulong number = 0;
        for (var i = 2; i <= last; i++)
        {
            var digits = i < last && pieces[i].StartsWith('x') ? pieces[i][1..] : pieces[i];
            if (digits.Length != 3 || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var group) || number > ulong.MaxValue / 1000 - 1)
                return NoTile;
            number = (number * 1000) + group;
        }

        var tile = new Tile(level, number, width);
        return path == (entries ? tile.EntriesPath : tile.Path) ? (tile, entries) : NoTile;
    }

    private static Fault NoTile { get; } = new(FaultCodes.Malformed, "This is no path of a tile.", Culprit.Input);

    private static string Places(ulong number)
    {
        var text = (number % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (number /= 1000; number > 0; number /= 1000)
            text = string.Create(CultureInfo.InvariantCulture, $"x{number % 1000:000}/{text}");
        return text;
    }

    private static string Partial(int width) => width == FullWidth ? "" : string.Create(CultureInfo.InvariantCulture, $".p/{width}");
}
