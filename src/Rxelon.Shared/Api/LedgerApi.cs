using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Api;

/// <summary>
/// GET /ledger/log.json. <see cref="Policy"/> is tlog-policy text: good for a first look, but whoever distrusts the hub takes it from
/// elsewhere. <see cref="Claim"/>: what this set-up really proves (docs/design/ledger.md).
/// </summary>
public sealed record LogInfo(string Origin, IReadOnlyList<string> Keys, string Policy, string Claim, string Phase, ulong Size, ulong Blocks, string? Trouble);

/// <summary>A block: a published checkpoint. Hashes are base64.</summary>
public sealed record BlockInfo(
    ulong Height, ulong Size, ulong PreviousSize, string Root, string Hash, string PreviousHash, ulong Events, DateTimeOffset PublishedAt,
    IReadOnlyList<string> Cosigners);

/// <summary>GET /ledger/blocks/{height}: the block, its checkpoint's text, and its entries: first and last index.</summary>
public sealed record BlockDetail(BlockInfo Block, string Checkpoint, ulong FirstEntry, ulong LastEntry);

/// <summary>GET /ledger/entries/{index}: an entry decoded; members that its kind does not have are missing. Hashes are base64.</summary>
public sealed record EntryInfo(
    ulong Index, string Kind, byte[] Leaf, string Hash, DateTimeOffset At,
    string? EntityTag = null, ulong? SequenceNr = null, string? PreviousEntry = null, string? PayloadCommit = null, string? CipherHash = null,
    ulong? Height = null, string? PreviousBlock = null, ulong? PreviousSize = null, ulong? PreviousEvents = null,
    string? OldKey = null, string? NewKey = null, DateTimeOffset? OldUntil = null, string? Origin = null, string? Key = null, string? Note = null)
{
    /// <summary>The entry that these bytes are.</summary>
    public static EntryInfo Of(ulong index, byte[] bytes)
    {
        var hash = MerkleHash.OfLeaf(bytes).ToString();
        var leaf = Read(bytes);
        return leaf switch
        {
            EventLeaf e => new EntryInfo(
                index, "event", bytes, hash, e.At, EntityTag: e.EntityTag.ToString(), SequenceNr: e.SequenceNr, PreviousEntry: e.Previous.ToString(),
                PayloadCommit: e.PayloadCommit.ToString(), CipherHash: e.CipherHash.ToString()),
            BlockLeaf b => new EntryInfo(
                index, "block", bytes, hash, b.At, Height: b.Height, PreviousBlock: b.PreviousBlock.ToString(), PreviousSize: b.PreviousSize,
                PreviousEvents: b.PreviousEvents),
            RotationLeaf r => new EntryInfo(index, "rotation", bytes, hash, r.At, OldKey: r.OldKey, NewKey: r.NewKey, OldUntil: r.OldUntil),
            BeginningLeaf b => new EntryInfo(
                index, "beginning", bytes, hash, b.At, Origin: b.Origin, Key: b.Key, Note: b.Succeeds.Length > 0 ? Text(b.Succeeds) : null),
            ForeignLeaf f => new EntryInfo(index, "foreign", bytes, hash, f.At, Note: Text(f.Note)),
            _ => throw new InvalidOperationException($"An entry of the kind {leaf.GetType().Name} has no description."),
        };
    }

    private static Ledger.Leaf Read(byte[] bytes) => Ledger.Leaf.Parse(bytes).Value;

    private static string Text(byte[] note) => System.Text.Encoding.UTF8.GetString(note);
}
