using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// A key sealed to somebody's public key. In bytes: <c>"RXK"</c>, version 1, suite, length and encapsulated key, length and
/// ciphertext (lengths are 2 bytes, big-endian), and nothing after.
/// </summary>
/// <param name="Suite">How it is sealed: <see cref="X25519Aes256Gcm"/>; 2 is kept for X-Wing (X25519 with ML-KEM-768).</param>
/// <param name="Encapsulated">The encapsulated key.</param>
/// <param name="Ciphertext">The encrypted key with its tag.</param>
public sealed record SealedKey(byte Suite, byte[] Encapsulated, byte[] Ciphertext)
{
    /// <summary>HPKE with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.</summary>
    public const byte X25519Aes256Gcm = 1;

    private const byte Version = 1;
    private const int FixedSize = 5;

    private static ReadOnlySpan<byte> Magic => "RXK"u8;

    /// <summary>Reads the bytes; false for another version, a cut or a longer one. An unknown suite reads, and does not unwrap.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SealedKey? key)
    {
        key = null;
        if (bytes.Length < FixedSize || !bytes.StartsWith(Magic) || bytes[3] != Version)
            return false;
        var rest = bytes[FixedSize..];
        if (!TryTake(ref rest, out var encapsulated) || !TryTake(ref rest, out var ciphertext) || !rest.IsEmpty)
            return false;
        key = new SealedKey(bytes[4], encapsulated, ciphertext);
        return true;
    }

    /// <summary>The bytes that <see cref="TryRead"/> reads.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[FixedSize + (2 * sizeof(ushort)) + Encapsulated.Length + Ciphertext.Length];
        Magic.CopyTo(bytes);
        bytes[3] = Version;
        bytes[4] = Suite;
        var at = Append(bytes, FixedSize, Encapsulated);
        Append(bytes, at, Ciphertext);
        return bytes;
    }

    /// <summary>Equal when suite and bytes are.</summary>
    public bool Equals(SealedKey? other)
        => other is not null && Suite == other.Suite
            && Encapsulated.AsSpan().SequenceEqual(other.Encapsulated) && Ciphertext.AsSpan().SequenceEqual(other.Ciphertext);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Suite);
        hash.AddBytes(Encapsulated);
        hash.AddBytes(Ciphertext);
        return hash.ToHashCode();
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out byte[] field)
    {
        field = [];
        if (rest.Length < sizeof(ushort))
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[sizeof(ushort)..];
        if (rest.Length < length)
            return false;
        field = rest[..length].ToArray();
        rest = rest[length..];
        return true;
    }

    private static int Append(byte[] bytes, int at, byte[] field)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), checked((ushort)field.Length));
        field.CopyTo(bytes, at + sizeof(ushort));
        return at + sizeof(ushort) + field.Length;
    }
}
