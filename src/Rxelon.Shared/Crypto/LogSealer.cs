using System.Buffers.Binary;
using System.Security.Cryptography;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Seals what an attempt writes, chunk by chunk (docs/design/logs.md): the header of <see cref="PartFormat"/> and one segment, whose
/// nonce is prefix ‖ chunk number (4) ‖ 1 for the last chunk, else 0. Chunks hold at most <see cref="MaxPlain"/> bytes. Not for concurrent
/// use.
/// </summary>
public sealed class LogSealer : IDisposable
{
    /// <summary>Bytes of plaintext in a chunk at most.</summary>
    public const int MaxPlain = 32 * 1024;

    /// <summary>Bytes that a chunk has besides its plaintext.</summary>
    public const int Overhead = HeaderSize + TagSize;

    private readonly SegmentCipher _cipher;
    private readonly byte[] _header;

    /// <summary>A stream of its own: every sealer draws another nonce prefix.</summary>
    public LogSealer(ReadOnlySpan<byte> key, CipherSuite suite, PartContext context)
    {
        _header = PartHeader.Write(suite, context, RandomNumberGenerator.GetBytes(NoncePrefixSize));
        _cipher = SegmentCipher.Create(suite, key);
    }

    /// <summary>The number that the next chunk gets.</summary>
    public uint Next { get; private set; }

    /// <summary>The next chunk; nothing may follow the last one.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plain, bool last)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, MaxPlain);
        var chunk = new byte[Overhead + plain.Length];
        _header.CopyTo(chunk, 0);
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(nonce, _header, Next++, last);
        _cipher.Seal(nonce, plain, chunk.AsSpan(HeaderSize), _header);
        return chunk;
    }

    /// <inheritdoc/>
    public void Dispose() => _cipher.Dispose();

    internal static void WriteNonce(Span<byte> nonce, ReadOnlySpan<byte> header, uint number, bool last)
    {
        header.Slice(PrefixAt, NoncePrefixSize).CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[NoncePrefixSize..], number);
        nonce[NonceSize - 1] = last ? (byte)1 : (byte)0;
    }
}
