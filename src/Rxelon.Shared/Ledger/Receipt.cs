using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// What an owner gets to show that something happened: events with their openings, each with its path to one checkpoint. JSON,
/// camelCase, bytes in base64; readers pass over members that they do not know. It proves its content to whoever has the log's key
/// and, for a quorum, the witnesses' keys, without asking anybody.
/// </summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Subject">What it is about: a task's or an account's id.</param>
/// <param name="Status"><c>final</c>, or <c>pending</c> while some event is not under a checkpoint that the quorum vouched for.</param>
/// <param name="Origin">The log.</param>
/// <param name="Checkpoint">The signed note; empty while nothing is final.</param>
/// <param name="Entries">What is proved, in the order of the log.</param>
/// <param name="NodeKeys">Identity keys (Ed25519) of the nodes whose signatures are in the events; each node's id follows from its key.</param>
public sealed record Receipt(
    string Format, string Subject, string Status, string Origin, string Checkpoint, IReadOnlyList<ReceiptEntry> Entries,
    IReadOnlyList<byte[]> NodeKeys)
{
    /// <summary>Name and version of the format.</summary>
    public const string FormatName = "rxelon.receipt/1";

    /// <summary>Every event is under a published checkpoint.</summary>
    public const string Final = "final";

    /// <summary>Ask again: some event is not yet.</summary>
    public const string Pending = "pending";

    /// <summary>Bytes of a receipt at most; a task of 10,000 parts has a tenth of it.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Reads a receipt's form; nothing is verified. Fault: malformed, too-large.</summary>
    public static Outcome<Receipt> Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes)
            return new Fault(FaultCodes.TooLarge, $"A receipt has at most {MaxBytes >> 20} MiB.", Culprit.Input);
        try
        {
            return JsonSerializer.Deserialize(json, ReceiptJson.Default.Receipt) is { Format: FormatName } receipt && receipt.IsWhole()
                ? receipt
                : new Fault(FaultCodes.Malformed, $"This is no receipt of the format {FormatName}.", Culprit.Input);
        }
        catch (JsonException e)
        {
            return new Fault(FaultCodes.Malformed, $"This is no receipt: {e.Message}", Culprit.Input);
        }
    }

    /// <summary>The receipt's file.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ReceiptJson.Default.Receipt);

    /// <summary>
    /// The checkpoint, when every entry is in its tree, opens to what the receipt says, and follows its entity's entry before it, and the
    /// policy holds. Fault: not-yet, bad-signature, proof-failed, malformed; it names the entry.
    /// </summary>
    public Outcome<Checkpoint> Verify(WitnessPolicy policy)
    {
        if (Status != Final)
            return new Fault(FaultCodes.NotYet, "This receipt is pending: fetch it again when its events are under a published checkpoint.", Culprit.None, Retryable: true);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(Checkpoint));
        if (note.Fault is { } noNote)
            return noNote;
        var checkpoint = policy.Check(note.Value);
        if (checkpoint.Fault is { } refused)
            return refused;
        if (checkpoint.Value.Origin != Origin)
            return new Fault(FaultCodes.ProofFailed, $"The receipt names the log {Origin}, its checkpoint is of {checkpoint.Value.Origin}.", Culprit.Input);
        var last = new Dictionary<string, (ulong Number, MerkleHash Hash)>(StringComparer.Ordinal);
        foreach (var entry in Entries)
        {
            if (entry.Check(checkpoint.Value, last) is { } fault)
                return fault;
        }

        return checkpoint;
    }

    private bool IsWhole() => Subject is not null && Status is not null && Origin is not null && Checkpoint is not null
        && Entries is not null && NodeKeys is not null && NodeKeys.All(k => k is not null) && Entries.All(e => e is not null && e.IsWhole());
}

/// <summary>One event: its leaf, its path, and what opens it (docs/adr/0001-leaf-v1.md).</summary>
/// <param name="Index">Which entry of the log.</param>
/// <param name="Leaf">The entry's bytes.</param>
/// <param name="Path">Inclusion path, the leaf's sibling first.</param>
/// <param name="Entity">The persistence id, such as <c>task-t_…</c>.</param>
/// <param name="TagKey">Shows that the leaf's pseudonym is this entity's.</param>
/// <param name="SequenceNr">The entity's how-manieth event, from 1.</param>
/// <param name="Salt">Opens the commitment.</param>
/// <param name="Serializer">Number of the journal's serializer.</param>
/// <param name="Manifest">Kind and version of the event, such as <c>task.submitted.1</c>.</param>
/// <param name="Payload">The event as the journal stored it (journal.proto).</param>
public sealed record ReceiptEntry(
    ulong Index, byte[] Leaf, IReadOnlyList<byte[]> Path, string Entity, byte[] TagKey, ulong SequenceNr, byte[] Salt, int Serializer, string Manifest,
    byte[] Payload)
{
    /// <summary>The same proof as a C2SP tlog-proof with the receipt's checkpoint. Fault: malformed.</summary>
    public Outcome<TlogProof> ToProof(SignedNote checkpoint)
        => Hashes() is { } path ? new TlogProof(null, Index, path, checkpoint) : Bad(FaultCodes.Malformed, "its path is not one of hashes");

    internal bool IsWhole() => Leaf is not null && Path is not null && Entity is not null && TagKey is not null && Salt is not null
        && Manifest is not null && Payload is not null;

    internal Fault? Check(Checkpoint checkpoint, Dictionary<string, (ulong Number, MerkleHash Hash)> last)
    {
        if (Ledger.Leaf.Parse(Leaf) is not { IsOk: true, Value: EventLeaf leaf })
            return Bad(FaultCodes.Malformed, "its leaf is not that of an event");
        if (leaf.SequenceNr != SequenceNr || leaf.EntityTag != Commitment.Tag(TagKey, Entity))
            return Bad(FaultCodes.ProofFailed, $"it is not event {SequenceNr} of {Entity}");
        if (leaf.PayloadCommit != Commitment.Payload(Salt, new EventPayload(Serializer, Manifest, Payload)))
            return Bad(FaultCodes.ProofFailed, "the event is not the one that was committed to");
        var hash = MerkleHash.OfLeaf(Leaf);
        if (Hashes() is not { } path || !MerkleProofs.Includes(Index, checkpoint.Size, hash, path, checkpoint.Root))
            return Bad(FaultCodes.ProofFailed, "it is not in the checkpoint's tree at that place");
        if (last.TryGetValue(Entity, out var before) && (SequenceNr <= before.Number || (SequenceNr == before.Number + 1 && leaf.Previous != before.Hash)))
            return Bad(FaultCodes.ProofFailed, $"it does not follow event {before.Number} of {Entity}");
        last[Entity] = (SequenceNr, hash);
        return null;
    }

    private List<MerkleHash>? Hashes()
    {
        var hashes = new List<MerkleHash>(Path.Count);
        foreach (var bytes in Path)
        {
            if (!MerkleHash.TryRead(bytes, out var hash))
                return null;
            hashes.Add(hash);
        }

        return hashes;
    }

    private Fault Bad(string code, string why) => new(code, $"Entry {Index} ({Manifest}): {why}.", Culprit.Input);
}

/// <summary>The JSON of receipts.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = false)]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
