using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// An entity's key in the ledger: its pseudonym, salts and payload encryption follow from it (docs/adr/0001-leaf-v1.md). Destroying
/// it makes everything sealed under it unopenable. Disposing zeroes the bytes. Safe for concurrent use until then.
/// </summary>
public sealed class EntityKey : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int LeastPlain = 256;

    private readonly byte[] _key;
    private readonly byte[] _persistenceId;
    private byte[]? _payloadKey; // derived when first needed; two threads derive the same

    /// <summary>The key of the entity with this persistence id; the bytes are copied.</summary>
    public EntityKey(ReadOnlySpan<byte> key, string persistenceId)
    {
        if (key.Length != Size)
            throw new ArgumentException($"An entity's key is {Size} bytes, not {key.Length}.", nameof(key));
        _key = key.ToArray();
        _persistenceId = Encoding.UTF8.GetBytes(persistenceId);
        TagKey = HMACSHA256.HashData(_key, "rx/tag-key/v1"u8);
        Tag = Commitment.Tag(TagKey, persistenceId);
    }

    /// <summary>Shows that a pseudonym is this entity's; opens nothing.</summary>
    public byte[] TagKey { get; }

    /// <summary>The entity's pseudonym.</summary>
    public MerkleHash Tag { get; }

    /// <summary>The salt of one event's commitment; it opens no other.</summary>
    public byte[] Salt(ulong sequenceNr) => Derive("rx/salt/v1\n"u8, _persistenceId, sequenceNr);

    /// <summary>
    /// The event's replica: the same bytes every time, since the nonce follows from the content. Padded, so that its length says
    /// little about the kind of event.
    /// </summary>
    public byte[] Encrypt(ulong sequenceNr, EventPayload payload)
    {
        var plain = Pad(payload.ToBytes());
        var nonce = Derive("rx/payload-nonce/v1\n"u8, [], sequenceNr, SHA256.HashData(plain)).AsSpan(0, NonceSize);
        var sealedBytes = new byte[NonceSize + plain.Length + TagSize];
        nonce.CopyTo(sealedBytes);
        using var aes = new AesGcm(PayloadKey, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceSize, plain.Length), sealedBytes.AsSpan(NonceSize + plain.Length), Bound(sequenceNr));
        return sealedBytes;
    }

    /// <summary>Opens a replica. Fault: decrypt-failed, malformed.</summary>
    public Outcome<EventPayload> Decrypt(ulong sequenceNr, ReadOnlySpan<byte> replica)
    {
        if (replica.Length < NonceSize + TagSize)
            return new Fault(FaultCodes.Malformed, "This is no replica of an event.", Culprit.Input);
        var plain = new byte[replica.Length - NonceSize - TagSize];
        try
        {
            using var aes = new AesGcm(PayloadKey, TagSize);
            aes.Decrypt(replica[..NonceSize], replica[NonceSize..^TagSize], replica[^TagSize..], plain, Bound(sequenceNr));
        }
        catch (AuthenticationTagMismatchException)
        {
            return new Fault(FaultCodes.DecryptFailed, "The replica is not this entity's event of that number, or was altered.", Culprit.Input);
        }

        return EventPayload.Read(plain);
    }

    /// <summary>A copy of the key, to be stored encrypted; the caller zeroes it.</summary>
    public byte[] Export() => (byte[])_key.Clone();

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        CryptographicOperations.ZeroMemory(_payloadKey);
    }

    private byte[] PayloadKey => _payloadKey ??= HMACSHA256.HashData(_key, "rx/payload-key/v1\n"u8);

    private byte[] Bound(ulong sequenceNr)
    {
        var bound = new byte[MerkleHash.Size + sizeof(ulong)];
        Tag.CopyTo(bound);
        BinaryPrimitives.WriteUInt64BigEndian(bound.AsSpan(MerkleHash.Size), sequenceNr);
        return bound;
    }

    private byte[] Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> before, ulong sequenceNr, ReadOnlySpan<byte> after = default)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, sequenceNr);
        return HMACSHA256.HashData(_key, (byte[])[.. label, .. before, .. number, .. after]);
    }

    // Padmé: lengths keep about half of their leading bits, at most 12 % is added (Nikitin et al., PETS 2019, §4).
    private static byte[] Pad(byte[] bytes)
    {
        var size = Math.Max(bytes.Length, LeastPlain);
        var exponent = int.Log2(size);
        var mask = (1 << (exponent - int.Log2(exponent) - 1)) - 1;
        var padded = new byte[(size + mask) & ~mask];
        bytes.CopyTo(padded, 0);
        return padded;
    }
}
