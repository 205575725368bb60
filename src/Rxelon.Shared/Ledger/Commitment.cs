using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>What an entry says of an event without telling it (docs/adr/0001-leaf-v1.md): recomputed by whoever is shown the event.</summary>
public static class Commitment
{
    /// <summary>The pseudonym of the entity: HMAC-SHA256(tagKey, "rx/entity/v1\n" ‖ persistence id).</summary>
    public static MerkleHash Tag(ReadOnlySpan<byte> tagKey, string persistenceId)
    {
        Span<byte> tag = stackalloc byte[MerkleHash.Size];
        HMACSHA256.HashData(tagKey, (byte[])[.. "rx/entity/v1\n"u8, .. Encoding.UTF8.GetBytes(persistenceId)], tag);
        _ = MerkleHash.TryRead(tag, out var hash);
        return hash;
    }

    /// <summary>SHA-256("rx/payload/v1\n" ‖ salt ‖ the payload's bytes as <see cref="EventPayload.ToBytes"/> has them).</summary>
    public static MerkleHash Payload(ReadOnlySpan<byte> salt, EventPayload payload)
        => MerkleHash.Sha256((byte[])[.. "rx/payload/v1\n"u8, .. salt], payload.ToBytes());
}

/// <summary>An event exactly as the journal stored it.</summary>
public sealed record EventPayload(int Serializer, string Manifest, ReadOnlyMemory<byte> Event)
{
    /// <summary>u32 serializer ‖ u16 length ‖ manifest ‖ u32 length ‖ event, big-endian.</summary>
    public byte[] ToBytes()
    {
        var manifest = Encoding.UTF8.GetBytes(Manifest);
        var bytes = new byte[sizeof(uint) + sizeof(ushort) + manifest.Length + sizeof(uint) + Event.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Serializer);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(sizeof(uint)), checked((ushort)manifest.Length));
        manifest.CopyTo(bytes, sizeof(uint) + sizeof(ushort));
        var at = sizeof(uint) + sizeof(ushort) + manifest.Length;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), Event.Length);
        Event.Span.CopyTo(bytes.AsSpan(at + sizeof(uint)));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; zeros behind it are padding. Fault: malformed, also for a manifest that is not UTF-8.</summary>
    public static Outcome<EventPayload> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(uint) + sizeof(ushort))
            return NoPayload;
        var serializer = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var name = BinaryPrimitives.ReadUInt16BigEndian(bytes[sizeof(uint)..]);
        var rest = bytes[(sizeof(uint) + sizeof(ushort))..];
        if (rest.Length < name + sizeof(uint))
            return NoPayload;
        if (!Utf8.IsValid(rest[..name]))
            return NoPayload;
        var manifest = Encoding.UTF8.GetString(rest[..name]);
        var length = BinaryPrimitives.ReadUInt32BigEndian(rest[name..]);
        rest = rest[(name + sizeof(uint))..];
        return length <= rest.Length && !rest[(int)length..].ContainsAnyExcept((byte)0)
            ? new EventPayload(serializer, manifest, rest[..(int)length].ToArray())
            : NoPayload;
    }

    private static Fault NoPayload { get; } = new(FaultCodes.Malformed, "This is no event's payload.", Culprit.Input);
}
