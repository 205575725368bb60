using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// A published log's files, read with bounds and taken apart; nothing is verified here (<see cref="VerifiedLog"/> does). A partial
/// file that is gone because the full one exists is read from the full one.
/// </summary>
public sealed class LogReader(ILogSource source)
{
    /// <summary>Path of the newest checkpoint.</summary>
    public const string CheckpointPath = "checkpoint";

    private const int MaxEntries = Tile.FullWidth * (sizeof(ushort) + EntryBundle.MaxEntry);

    /// <summary>Where from, for messages.</summary>
    public string Name => source.Name;

    /// <summary>The newest checkpoint's note; its form is checked.</summary>
    public async Task<Outcome<SignedNote>> CheckpointAsync(CancellationToken ct = default)
    {
        var bytes = await source.ReadAsync(CheckpointPath, SignedNote.MaxBytes, ct).ConfigureAwait(false);
        return bytes.Fault is { } fault ? fault : SignedNote.Parse(bytes.Value);
    }

    /// <summary>The tile's hashes, as many as its width.</summary>
    public async Task<Outcome<IReadOnlyList<MerkleHash>>> TileAsync(Tile tile, CancellationToken ct = default)
    {
        var file = await ReadAsync(tile, t => t.Path, Tile.FullWidth * MerkleHash.Size, ct).ConfigureAwait(false);
        if (file.Fault is { } fault)
            return fault;
        var (bytes, width) = file.Value;
        if (bytes.Length != width * MerkleHash.Size)
            return Malformed(tile.Path, $"It has {bytes.Length} bytes and not {width * MerkleHash.Size}.");
        var hashes = new MerkleHash[tile.Width];
        for (var i = 0; i < hashes.Length; i++)
            _ = MerkleHash.TryRead(bytes.AsSpan(i * MerkleHash.Size, MerkleHash.Size), out hashes[i]);
        return hashes;
    }

    /// <summary>The entries below a tile of level 0, as many as its width.</summary>
    public Task<Outcome<IReadOnlyList<byte[]>>> EntriesAsync(Tile tile, CancellationToken ct = default)
        => BundleAsync(tile, t => t.EntriesPath, MaxEntries, (bytes, count) => EntryBundle.Read(bytes, count), ct);

    /// <summary>The encrypted payloads below a tile of level 0, as many as its width; empty ones for entries without.</summary>
    public Task<Outcome<IReadOnlyList<byte[]>>> PayloadsAsync(Tile tile, CancellationToken ct = default)
        => BundleAsync(tile, t => t.PayloadPath, PayloadBundle.MaxBytes, (bytes, count) => PayloadBundle.Read(bytes, count), ct);

    internal static Fault TooLarge(string path, int limit)
        => new(FaultCodes.TooLarge, $"{path} is longer than the {limit} bytes that it may have.", Culprit.Hub);

    private async Task<Outcome<IReadOnlyList<byte[]>>> BundleAsync(
        Tile tile, Func<Tile, string> path, int limit, Func<byte[], int, Outcome<IReadOnlyList<byte[]>>> parse, CancellationToken ct)
    {
        var file = await ReadAsync(tile, path, limit, ct).ConfigureAwait(false);
        if (file.Fault is { } fault)
            return fault;
        var items = parse(file.Value.Bytes, file.Value.Width);
        return items.Fault is { } malformed ? Malformed(path(tile), malformed.Message) : items.Value.Take(tile.Width).ToArray();
    }

    private async Task<Outcome<(byte[] Bytes, int Width)>> ReadAsync(Tile tile, Func<Tile, string> path, int limit, CancellationToken ct)
    {
        var bytes = await source.ReadAsync(path(tile), limit, ct).ConfigureAwait(false);
        if (bytes.Fault is { Code: FaultCodes.NotFound } && tile.Width < Tile.FullWidth)
        {
            tile = tile with { Width = Tile.FullWidth };
            bytes = await source.ReadAsync(path(tile), limit, ct).ConfigureAwait(false);
        }

        return bytes.Fault is { } fault ? fault : (bytes.Value, tile.Width);
    }

    private Fault Malformed(string path, string why) => new(FaultCodes.Malformed, $"{path} of {Name} is malformed. {why}", Culprit.Hub);
}
