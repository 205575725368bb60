using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Rxelon.Shared.Ids;

/// <summary>The 16 bytes behind every identifier; each kind writes them with its own prefix.</summary>
internal readonly record struct Id128(UInt128 Bits)
{
    internal const int Size = 16;

    internal static Id128 FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new FormatException($"An identifier is {Size} bytes, not {bytes.Length}.");
        var id = new Id128(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return id.Bits == 0 ? throw new FormatException("An identifier of zeros is not valid.") : id;
    }

    /// <summary>First 16 bytes of SHA-256(domain ‖ 0x0A ‖ key): the identifier of whoever holds that key.</summary>
    internal static Id128 OfKey(string domain, ReadOnlySpan<byte> publicKey)
        => FromBytes(SHA256.HashData([.. Encoding.ASCII.GetBytes(domain), 0x0A, .. publicKey]).AsSpan(0, Size));

    internal static bool TryParse([NotNullWhen(true)] string? text, string prefix, out Id128 id)
    {
        id = default;
        if (text is null || !text.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (!Base32.TryDecode(text.AsSpan(prefix.Length), bytes))
            return false;
        id = new Id128(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return id.Bits != 0;
    }

    internal byte[] ToBytes()
    {
        if (Bits == 0)
            throw new InvalidOperationException("This identifier was never set.");
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
        return bytes;
    }

    internal string ToText(string prefix) => Bits == 0 ? $"{prefix}unset" : prefix + Base32.Encode(ToBytes());
}
