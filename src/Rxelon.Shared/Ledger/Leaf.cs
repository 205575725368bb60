using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// One entry of a Rxelon log, version 1. The bytes are frozen in docs/adr/0001-leaf-v1.md; integers are big-endian, times Unix
/// milliseconds. Whoever checks an entry hashes the bytes that were given and never encodes them again.
/// </summary>
public abstract record Leaf(DateTimeOffset At)
{
    internal const byte Version = 1;

    /// <summary>The entry's bytes.</summary>
    public abstract byte[] ToBytes();

    /// <summary>Reads an entry. Fault: malformed for another version, an unknown kind, or bytes that are too many or too few.</summary>
    public static Outcome<Leaf> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > EntryBundle.MaxEntry)
            return Malformed("It is longer than an entry can be.");
        var reader = new LeafReader(bytes);
        if (reader.U8() != Version)
            return Malformed("Its version is not 1.");
        Leaf? leaf = reader.U8() switch
        {
            EventLeaf.Kind => EventLeaf.Read(ref reader),
            BlockLeaf.Kind => BlockLeaf.Read(ref reader),
            RotationLeaf.Kind => RotationLeaf.Read(ref reader),
            BeginningLeaf.Kind => BeginningLeaf.Read(ref reader),
            ForeignLeaf.Kind => ForeignLeaf.Read(ref reader),
            _ => null,
        };
        if (leaf is null)
            return Malformed("Its kind is unknown, or a text in it is not UTF-8.");
        return reader.AtEnd ? leaf : Malformed("Its length is not that of its kind.");
    }

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, $"This is no entry of a Rxelon log. {why}", Culprit.Input);
}

/// <summary>
/// Kind 1, 146 bytes: one event of the journal, by salted commitments. <see cref="Previous"/> is the hash of the same entity's
/// entry before this one, zeros for the first; <see cref="CipherHash"/> zeros when the payload is not replicated.
/// </summary>
public sealed record EventLeaf(
    MerkleHash EntityTag, ulong SequenceNr, DateTimeOffset At, MerkleHash Previous, MerkleHash PayloadCommit, MerkleHash CipherHash) : Leaf(At)
{
    internal const byte Kind = 1;

    /// <inheritdoc/>
    public override byte[] ToBytes() => new LeafWriter(Kind)
        .Hash(EntityTag).U64(SequenceNr).Time(At).Hash(Previous).Hash(PayloadCommit).Hash(CipherHash).ToArray();

    internal static EventLeaf Read(ref LeafReader r) => new(r.Hash(), r.U64(), r.Time(), r.Hash(), r.Hash(), r.Hash());
}

/// <summary>
/// Kind 2, 66 bytes: the first entry after block <see cref="Height"/> − 1 was published: that block's hash
/// (<see cref="HashOfBlock"/>), its size, and how many events it brought.
/// </summary>
public sealed record BlockLeaf(ulong Height, DateTimeOffset At, MerkleHash PreviousBlock, ulong PreviousSize, ulong PreviousEvents) : Leaf(At)
{
    internal const byte Kind = 2;

    /// <summary>SHA-256("rx/block/v1\n" ‖ the checkpoint's text).</summary>
    public static MerkleHash HashOfBlock(Checkpoint checkpoint)
        => MerkleHash.Sha256("rx/block/v1\n"u8, Encoding.UTF8.GetBytes(checkpoint.ToString()));

    /// <inheritdoc/>
    public override byte[] ToBytes()
        => new LeafWriter(Kind).U64(Height).Time(At).Hash(PreviousBlock).U64(PreviousSize).U64(PreviousEvents).ToArray();

    internal static BlockLeaf Read(ref LeafReader r) => new(r.U64(), r.Time(), r.Hash(), r.U64(), r.U64());
}

/// <summary>
/// Kind 3: the log's key changes from <see cref="OldKey"/> to <see cref="NewKey"/> (vkeys). Both sign checkpoints until
/// <see cref="OldUntil"/>, the new one alone from then on. Both signed this entry (<see cref="IsSigned"/>).
/// </summary>
public sealed record RotationLeaf(
    DateTimeOffset At, DateTimeOffset OldUntil, string OldKey, string NewKey, byte[] OldSignature, byte[] NewSignature) : Leaf(At)
{
    internal const byte Kind = 3;

    /// <summary>An entry that both keys signed. Throws when the vkeys are none.</summary>
    public static RotationLeaf Sign(DateTimeOffset at, DateTimeOffset oldUntil, string name, SigningKeyPair oldKey, SigningKeyPair newKey)
    {
        var unsigned = new RotationLeaf(
            at, oldUntil, NoteKey.Of(name, NoteKeyType.Ed25519, oldKey.PublicKey).ToString(),
            NoteKey.Of(name, NoteKeyType.Ed25519, newKey.PublicKey).ToString(), [], []);
        return unsigned with { OldSignature = oldKey.Sign(unsigned.Message()), NewSignature = newKey.Sign(unsigned.Message()) };
    }

    /// <summary>True when both keys are Ed25519 keys of one name and both signatures verify.</summary>
    public bool IsSigned()
        => NoteKey.Parse(OldKey) is { IsOk: true, Value: var from } && NoteKey.Parse(NewKey) is { IsOk: true, Value: var to }
            && from.Type == NoteKeyType.Ed25519 && to.Type == NoteKeyType.Ed25519 && from.Name == to.Name
            && Signatures.Verify(from.PublicKey, Message(), OldSignature) && Signatures.Verify(to.PublicKey, Message(), NewSignature);

    /// <inheritdoc/>
    public override byte[] ToBytes() => Body().Bytes(OldSignature).Bytes(NewSignature).ToArray();

    internal static RotationLeaf? Read(ref LeafReader r)
    {
        var (at, until, from, to) = (r.Time(), r.Time(), r.Text16(), r.Text16());
        return from is null || to is null
            ? null
            : new RotationLeaf(at, until, from, to, r.Bytes(Signatures.SignatureSize), r.Bytes(Signatures.SignatureSize));
    }

    private LeafWriter Body() => new LeafWriter(Kind).Time(At).Time(OldUntil).Text16(OldKey).Text16(NewKey);

    private byte[] Message() => [.. "rx/rotate/v1\n"u8, .. Body().ToArray()];
}

/// <summary>
/// Kind 4, always entry 0: the log's origin and first key. <see cref="Succeeds"/> is the last checkpoint (signed note) of the log
/// that it takes over from, or empty.
/// </summary>
public sealed record BeginningLeaf(DateTimeOffset At, string Origin, string Key, byte[] Succeeds) : Leaf(At)
{
    internal const byte Kind = 4;

    /// <inheritdoc/>
    public override byte[] ToBytes() => new LeafWriter(Kind).Time(At).Text16(Origin).Text16(Key).Bytes32(Succeeds).ToArray();

    internal static BeginningLeaf? Read(ref LeafReader r)
    {
        var (at, origin, key, last) = (r.Time(), r.Text16(), r.Text16(), r.Bytes32());
        return origin is null || key is null ? null : new BeginningLeaf(at, origin, key, last);
    }
}

/// <summary>Kind 5: a checkpoint of another log (signed note), seen at that time: what anchors each log's time in the other.</summary>
public sealed record ForeignLeaf(DateTimeOffset At, byte[] Note) : Leaf(At)
{
    internal const byte Kind = 5;

    /// <inheritdoc/>
    public override byte[] ToBytes() => new LeafWriter(Kind).Time(At).Bytes32(Note).ToArray();

    internal static ForeignLeaf Read(ref LeafReader r) => new(r.Time(), r.Bytes32());
}
