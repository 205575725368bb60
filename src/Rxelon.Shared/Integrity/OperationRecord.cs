using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Integrity;

/// <summary>What a node did. Numbers are never reused.</summary>
public enum OperationKind
{
    Started = 1,
    SessionOpened = 2,
    PartAssigned = 3,
    KeysReceived = 4,
    PartStarted = 5,
    PartEnded = 6,
    ImageAdded = 7,
    ImageRemoved = 8,
    Measured = 9,
    ConfigurationChanged = 10,
    Upgraded = 11,
    Stopped = 12,
}

/// <summary>
/// One line of a node's operation log; never a key, never a user's data. As bytes: version 1 ‖ u64 Unix milliseconds, big-endian
/// ‖ kind ‖ length and UTF-8 of the subject ‖ length and UTF-8 of the note, one byte for each length.
/// </summary>
public sealed record OperationRecord(long UnixMillis, OperationKind Kind, string Subject, string Note)
{
    /// <summary>No record is longer.</summary>
    public const int MaxSize = 12 + 255 + 255;

    private const byte Version = 1;

    /// <summary>The canonical bytes; longer texts are cut.</summary>
    public byte[] Encode()
    {
        var (subject, note) = (Cut(Subject), Cut(Note));
        var bytes = new byte[12 + subject.Length + note.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), UnixMillis);
        bytes[9] = (byte)Kind;
        bytes[10] = (byte)subject.Length;
        subject.CopyTo(bytes.AsSpan(11));
        bytes[11 + subject.Length] = (byte)note.Length;
        note.CopyTo(bytes.AsSpan(12 + subject.Length));
        return bytes;
    }

    /// <summary>The record, or null for bytes that are none.</summary>
    public static OperationRecord? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || bytes[0] != Version || bytes.Length < 12 + bytes[10])
            return null;
        var note = 12 + bytes[10];
        return bytes.Length == note + bytes[note - 1]
            ? new OperationRecord(
                BinaryPrimitives.ReadInt64BigEndian(bytes[1..]), (OperationKind)bytes[9], Encoding.UTF8.GetString(bytes.Slice(11, bytes[10])),
                Encoding.UTF8.GetString(bytes[note..]))
            : null;
    }

    private static byte[] Cut(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= 255 ? bytes : bytes[..255];
    }
}

/// <summary>The chain over records: h₀ = SHA-256("rx/oplog/v1\n" ‖ node 16), hᵢ = SHA-256(hᵢ₋₁ ‖ recordᵢ).</summary>
public static class OperationChain
{
    /// <summary>Before the first record.</summary>
    public static byte[] Start(NodeId node) => SHA256.HashData([.. "rx/oplog/v1\n"u8, .. node.ToBytes()]);

    /// <summary>After one more.</summary>
    public static byte[] Next(ReadOnlySpan<byte> before, ReadOnlySpan<byte> record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(record);
        return hash.GetHashAndReset();
    }
}
