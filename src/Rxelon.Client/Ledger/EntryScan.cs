using System.Globalization;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Looks at verified entries in their order: learns new keys from rotations, and checks that every block header names the block
/// before it. Entries of other logs' kinds are passed over.
/// </summary>
internal sealed class EntryScan(VerifiedLog log, KnownKeys keys)
{
    private BlockLeaf? _last;

    /// <summary>Reads and looks at the entries from one index up to the end of the log.</summary>
    internal async Task<Fault?> ReadAsync(ulong from, CancellationToken ct)
    {
        for (var at = from; at < log.Checkpoint.Size;)
        {
            var tile = Tile.Holding(0, at, log.Checkpoint.Size);
            var entries = await log.EntriesAsync(tile, ct).ConfigureAwait(false);
            if (entries.Fault is { } fault)
                return fault;
            if (await SeeAsync(tile, entries.Value, at, ct).ConfigureAwait(false) is { } broken)
                return broken;
            at = (tile.Number * Tile.FullWidth) + (ulong)tile.Width;
        }

        return null;
    }

    /// <summary>Looks at the entries of one bundle, from an index in it. Fault: proof-failed.</summary>
    internal async Task<Fault?> SeeAsync(Tile tile, IReadOnlyList<byte[]> entries, ulong from, CancellationToken ct)
    {
        var first = tile.Number * Tile.FullWidth;
        for (var i = (int)(Math.Max(from, first) - first); i < entries.Count; i++)
        {
            var leaf = Leaf.Parse(entries[i]);
            if (leaf is { IsOk: true, Value: RotationLeaf rotation })
                keys.Learn(rotation);
            if (leaf is { IsOk: true, Value: BlockLeaf header } && await BreaksChainAsync(header, first + (ulong)i, ct).ConfigureAwait(false) is { } fault)
                return fault;
        }

        return null;
    }

    private async Task<Fault?> BreaksChainAsync(BlockLeaf header, ulong index, CancellationToken ct)
    {
        var before = _last;
        _last = header;
        if (header.PreviousSize == 0 || header.PreviousSize > index
            || (before is not null && (header.Height != before.Height + 1 || header.PreviousSize <= before.PreviousSize)))
            return Broken(index, "is out of order");
        var root = await log.RootAsync(header.PreviousSize, ct).ConfigureAwait(false);
        if (root.Fault is { } fault)
            return fault;
        return BlockLeaf.HashOfBlock(new Checkpoint(log.Checkpoint.Origin, header.PreviousSize, root.Value)) == header.PreviousBlock
            ? null
            : Broken(index, "does not name the block before it");
    }

    private Fault Broken(ulong index, string why) => new(
        FaultCodes.ProofFailed, string.Create(CultureInfo.InvariantCulture, $"The block header at entry {index} of {log.Checkpoint.Origin} {why}."), Culprit.Hub);
}
