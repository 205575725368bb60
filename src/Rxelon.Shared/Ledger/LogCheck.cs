using System.Globalization;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// Recomputes a log from its entries: every hash of every tile, every root that is asked for, the chain of blocks, the succession of keys. Feed it the
/// entries in order. It finds what differs and goes on; memory stays flat.
/// </summary>
/// <param name="readTile">The bytes of a tile's file, or null when it is missing; null for a log whose tiles are not to be compared.</param>
/// <param name="tiled">Entries whose tiles exist: those of the tree of that size are compared.</param>
public sealed class LogCheck(Func<Tile, byte[]?>? readTile, ulong tiled)
{
    private readonly Frontier _frontier = new();
    private readonly List<NoteKey> _keys = [];
    private readonly Dictionary<int, (Tile Tile, byte[]? Bytes)> _open = [];

    /// <summary>What differs, in the order of the log. Whoever reads it may empty it.</summary>
    public List<string> Findings { get; } = [];

    /// <summary>Entries so far.</summary>
    public ulong Size => _frontier.Size;

    /// <summary>The root so far.</summary>
    public MerkleHash Root => _frontier.Root();

    /// <summary>The keys that the log has named so far: the first and those that a signed rotation brought.</summary>
    public IReadOnlyList<NoteKey> Keys => _keys;

    /// <summary>The log's name, from its first entry.</summary>
    public string? Origin { get; private set; }

    /// <summary>Takes the next entry; null when its bytes are no entry, which is a finding.</summary>
    public Leaf? Take(byte[] bytes)
    {
        var index = _frontier.Size;
        _frontier.Append(MerkleHash.OfLeaf(bytes), Compare);
        var leaf = Leaf.Parse(bytes);
        if (leaf.Fault is { } fault)
        {
            Find(index, fault.Message);
            return null;
        }

        switch (leaf.Value)
        {
            case BeginningLeaf beginning when index == 0 && NoteKey.Parse(beginning.Key) is { IsOk: true, Value: var key }:
                Origin = beginning.Origin;
                _keys.Add(key);
                break;
            case BeginningLeaf:
                Find(index, "a log begins once, at entry 0, with a key");
                break;
            case RotationLeaf rotation when rotation.IsSigned() && _keys.Any(k => k.ToString() == rotation.OldKey):
                _keys.Add(NoteKey.Parse(rotation.NewKey).Value);
                break;
            case RotationLeaf:
                Find(index, "a key follows that the key before did not sign for");
                break;
            default:
                if (index == 0)
                    Find(index, "the first entry does not say which log this is");
                break;
        }

        return leaf.Value;
    }

    /// <summary>Compares a checkpoint of the present size, and checks that one of the log's keys signed it.</summary>
    public void Check(SignedNote note, string what)
    {
        if (Checkpoint.Parse(note.Text) is not { IsOk: true, Value: var checkpoint })
            Findings.Add($"{what}: it is no checkpoint");
        else if (checkpoint.Size != Size || checkpoint.Root != Root || checkpoint.Origin != Origin)
            Findings.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {checkpoint.Origin} with {checkpoint.Size} entries and root {checkpoint.Root} is not what the entries give: {Root} at {Size}"));
        else if (note.Verify(_keys).Fault is { } unsigned)
            Findings.Add($"{what}: {unsigned.Message}");
    }

    private void Compare(int level, ulong index, MerkleHash hash)
    {
        if (readTile is null || level % 8 != 0 || index >= tiled >> level)
            return;
        var tile = Tile.Holding(level / 8, index, tiled);
        if (!_open.TryGetValue(level, out var open) || open.Tile != tile)
        {
            _open[level] = open = (tile, readTile(tile));
            if (open.Bytes is null || open.Bytes.Length != tile.Width * MerkleHash.Size)
                Findings.Add($"{tile.Path}: the file is missing or has the wrong length");
        }

        var at = (int)(index % Tile.FullWidth) * MerkleHash.Size;
        if (open.Bytes is { } bytes && bytes.Length == tile.Width * MerkleHash.Size
            && (!MerkleHash.TryRead(bytes.AsSpan(at, MerkleHash.Size), out var stored) || stored != hash))
            Findings.Add(string.Create(CultureInfo.InvariantCulture, $"{tile.Path}: hash {index % Tile.FullWidth} is not that of the entries"));
    }

    private void Find(ulong index, string why) => Findings.Add(string.Create(CultureInfo.InvariantCulture, $"entry {index}: {why}"));
}
