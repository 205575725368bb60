using System.Globalization;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// A log as one checkpoint commits to it: every hash that it gives was checked against the checkpoint's root. The tiles at the
/// right edge together make the root; every other tile is full, and its root is a hash of the tile above it. Not safe for
/// concurrent use.
/// </summary>
public sealed class VerifiedLog
{
    // Level 0 is a tree's bulk and is mostly read once; what lies above is small and read again and again.
    private const int MostLeafTiles = 64;

    private readonly LogReader _reader;
    private readonly Dictionary<Tile, IReadOnlyList<MerkleHash>> _tiles = [];
    private readonly Queue<Tile> _leafTiles = new();

    private VerifiedLog(LogReader reader, Checkpoint checkpoint) => (_reader, Checkpoint) = (reader, checkpoint);

    /// <summary>What everything is checked against; whether it is signed is the caller's affair.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>
    /// Reads the right edge. Fault: proof-failed when it does not make the checkpoint's root; malformed, not-found, unavailable.
    /// </summary>
    public static async Task<Outcome<VerifiedLog>> OpenAsync(LogReader reader, Checkpoint checkpoint, CancellationToken ct = default)
    {
        var log = new VerifiedLog(reader, checkpoint);
        foreach (var edge in Edge(checkpoint.Size))
        {
            var hashes = await reader.TileAsync(edge, ct).ConfigureAwait(false);
            if (hashes.Fault is { } fault)
                return fault;
            log._tiles[edge] = hashes.Value;
        }

        // The root's own subtrees all lie in those tiles, so that nothing else is asked for.
        var root = new ProofBuilder((level, index) => Tile.Subtree(level, index, checkpoint.Size, tile => log._tiles[tile])).Root(checkpoint.Size);
        return root == checkpoint.Root
            ? log
            : new Fault(
                FaultCodes.ProofFailed,
                string.Create(CultureInfo.InvariantCulture, $"The tiles of {reader.Name} do not make the root of {checkpoint.Origin} at size {checkpoint.Size}."),
                Culprit.Hub);
    }

    /// <summary>A tile's hashes. Fault: proof-failed when they are not those of the checkpoint's tree.</summary>
    public async Task<Outcome<IReadOnlyList<MerkleHash>>> TileAsync(Tile tile, CancellationToken ct = default)
    {
        if (_tiles.TryGetValue(tile, out var known))
            return Of(known);
        var hashes = await _reader.TileAsync(tile, ct).ConfigureAwait(false);
        if (hashes.Fault is not null)
            return hashes;
        var above = await TileAsync(Tile.Holding(tile.Level + 1, tile.Number, Checkpoint.Size), ct).ConfigureAwait(false);
        if (above.Fault is not null)
            return above;
        if (RootOf(hashes.Value) != above.Value[(int)(tile.Number % Tile.FullWidth)])
            return new Fault(FaultCodes.ProofFailed, $"{tile.Path} of {_reader.Name} is not the one that the checkpoint commits to.", Culprit.Hub);
        Remember(tile, hashes.Value);
        return hashes;
    }

    /// <summary>
    /// The entries below a tile of level 0 (<see cref="Tile.Holding"/>). Fault: hash-mismatch, naming the first index, when one
    /// was altered.
    /// </summary>
    public Task<Outcome<IReadOnlyList<byte[]>>> EntriesAsync(Tile tile, CancellationToken ct = default) => EntriesAsync(_reader, tile, ct);

    /// <summary>
    /// The encrypted payloads of those entries. Fault: hash-mismatch, naming the index, when one is not the one that its entry
    /// commits to, or is missing.
    /// </summary>
    public Task<Outcome<IReadOnlyList<byte[]>>> PayloadsAsync(Tile tile, IReadOnlyList<byte[]> entries, CancellationToken ct = default)
        => PayloadsAsync(_reader, tile, entries, ct);

    // Bytes may come from anywhere: what they must hash to is known.
    internal async Task<Outcome<IReadOnlyList<byte[]>>> EntriesAsync(LogReader reader, Tile tile, CancellationToken ct)
    {
        var hashes = await TileAsync(tile, ct).ConfigureAwait(false);
        if (hashes.Fault is { } fault)
            return fault;
        var entries = await reader.EntriesAsync(tile, ct).ConfigureAwait(false);
        if (entries.Fault is not null)
            return entries;
        for (var i = 0; i < entries.Value.Count; i++)
        {
            if (MerkleHash.OfLeaf(entries.Value[i]) != hashes.Value[i])
                return Altered(reader, "Entry", (tile.Number * Tile.FullWidth) + (ulong)i);
        }

        return entries;
    }

    internal async Task<Outcome<IReadOnlyList<byte[]>>> PayloadsAsync(LogReader reader, Tile tile, IReadOnlyList<byte[]> entries, CancellationToken ct)
    {
        var hashes = entries.Select(CipherHash).ToArray();
        if (hashes.All(h => h == default))
            return hashes.Select(_ => Array.Empty<byte>()).ToArray();
        var payloads = await reader.PayloadsAsync(tile, ct).ConfigureAwait(false);
        if (payloads.Fault is not null)
            return payloads;
        for (var i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] == default ? payloads.Value[i].Length > 0 : MerkleHash.Sha256(payloads.Value[i]) != hashes[i])
                return Altered(reader, "The payload of entry", (tile.Number * Tile.FullWidth) + (ulong)i);
        }

        return payloads;
    }

    /// <summary>One entry with its path to the checkpoint's root, checked.</summary>
    public async Task<Outcome<(byte[] Entry, IReadOnlyList<MerkleHash> Path)>> EntryAsync(ulong index, CancellationToken ct = default)
    {
        if (index >= Checkpoint.Size)
            return new Fault(FaultCodes.NotFound, $"{Checkpoint.Origin} has no entry {index} yet.", Culprit.Input);
        var tile = Tile.Holding(0, index, Checkpoint.Size);
        var entries = await EntriesAsync(tile, ct).ConfigureAwait(false);
        if (entries.Fault is { } fault)
            return fault;
        var path = await ProveAsync(builder => builder.Inclusion(index, Checkpoint.Size), ct).ConfigureAwait(false);
        if (path.Fault is { } unproven)
            return unproven;
        var entry = entries.Value[(int)(index % Tile.FullWidth)];
        return MerkleProofs.Includes(index, Checkpoint.Size, MerkleHash.OfLeaf(entry), path.Value, Checkpoint.Root)
            ? (entry, path.Value)
            : Altered(_reader, "Entry", index);
    }

    /// <summary>The proof that the tree begins with the first <paramref name="older"/> leaves; what they are is the caller's to check.</summary>
    public Task<Outcome<MerkleHash[]>> ConsistencyAsync(ulong older, CancellationToken ct = default)
        => ProveAsync(builder => builder.Consistency(older, Checkpoint.Size), ct);

    /// <summary>The root that the tree had at an earlier size.</summary>
    public async Task<Outcome<MerkleHash>> RootAsync(ulong size, CancellationToken ct = default)
    {
        var root = await ProveAsync(builder => [builder.Root(size)], ct).ConfigureAwait(false);
        return root.Fault is { } fault ? fault : root.Value[0];
    }

    // Which subtrees a proof needs does not depend on any hash: one run tells the tiles, the next one has them.
    private async Task<Outcome<MerkleHash[]>> ProveAsync(Func<ProofBuilder, IReadOnlyList<MerkleHash>> prove, CancellationToken ct)
    {
        var had = new Dictionary<Tile, IReadOnlyList<MerkleHash>>();
        var wanted = new HashSet<Tile>();
        prove(Builder(had, wanted));
        foreach (var tile in wanted)
        {
            var hashes = await TileAsync(tile, ct).ConfigureAwait(false);
            if (hashes.Fault is { } fault)
                return fault;
            had[tile] = hashes.Value;
        }

        return prove(Builder(had, wanted)).ToArray();
    }

    private ProofBuilder Builder(Dictionary<Tile, IReadOnlyList<MerkleHash>> had, HashSet<Tile> wanted)
        => new((level, index) => Tile.Subtree(level, index, Checkpoint.Size, tile =>
        {
            if (had.TryGetValue(tile, out var hashes))
                return hashes;
            wanted.Add(tile);
            return new MerkleHash[tile.Width];
        }));

    private void Remember(Tile tile, IReadOnlyList<MerkleHash> hashes)
    {
        _tiles[tile] = hashes;
        if (tile.Level > 0)
            return;
        _leafTiles.Enqueue(tile);
        if (_leafTiles.Count > MostLeafTiles)
            _tiles.Remove(_leafTiles.Dequeue());
    }

    private static IEnumerable<Tile> Edge(ulong size)
    {
        for (var level = 0; level * 8 < 64 && size >> (level * 8) > 0; level++)
        {
            var hashes = size >> (level * 8);
            if (hashes % Tile.FullWidth > 0)
                yield return new Tile(level, hashes / Tile.FullWidth, (int)(hashes % Tile.FullWidth));
        }
    }

    private static MerkleHash RootOf(IReadOnlyList<MerkleHash> hashes)
    {
        var frontier = new Frontier();
        foreach (var hash in hashes)
            frontier.Append(hash);
        return frontier.Root();
    }

    private static MerkleHash CipherHash(byte[] entry)
        => Leaf.Parse(entry) is { IsOk: true, Value: EventLeaf leaf } ? leaf.CipherHash : default;

    // The BCL has no conversion from an interface to a type of ours.
    private static Outcome<IReadOnlyList<MerkleHash>> Of(IReadOnlyList<MerkleHash> hashes) => hashes as MerkleHash[] ?? [.. hashes];

    private static Fault Altered(LogReader reader, string what, ulong index)
        => new(FaultCodes.HashMismatch, string.Create(CultureInfo.InvariantCulture, $"{what} {index} of {reader.Name} was altered."), Culprit.Hub);
}
