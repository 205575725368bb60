namespace Rxelon.Shared.Crypto;

/// <summary>
/// The layout of an encrypted part, version 1. Integers are big-endian.
/// <code>
/// header, 51 bytes
///    0  4  magic "RXP1"
///    4  1  version, 1
///    5  1  cipher suite
///    6  1  role
///    7  1  reserved, 0
///    8 16  task id
///   24  4  part
///   28  4  attempt
///   32  4  segment size, 65536
///   36  8  first 8 bytes of SHA-256 of the UTF-8 name; zeros when there is no name
///   44  7  nonce prefix, random for every encryption
/// segments, each ciphertext followed by its 16-byte tag
///    every segment but the last holds 65536 bytes of plaintext; the last holds 1 to 65536, or 0 when there is no plaintext
///    nonce = prefix (7) ‖ segment number from 0 (4) ‖ 1 for the last segment, else 0 (1)
///    associated data = the header
/// </code>
/// This is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
/// Nonce-Reuse Misuse-Resistance" (CRYPTO 2015): cutting, swapping, repeating or adding segments makes one of them fail.
/// </summary>
public static class PartFormat
{
    /// <summary>Bytes before the first segment.</summary>
    public const int HeaderSize = 51;

    /// <summary>The version that is written, and the only one that is read.</summary>
    public const byte Version = 1;

    /// <summary>Bytes of plaintext in every segment but the last.</summary>
    public const int SegmentSize = 65536;

    /// <summary>Bytes of authentication tag after each segment.</summary>
    public const int TagSize = 16;

    /// <summary>Bytes of key of every suite.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes of nonce of every suite.</summary>
    public const int NonceSize = 12;

    /// <summary>Random bytes at the start of every nonce.</summary>
    public const int NoncePrefixSize = 7;

    /// <summary>Bytes of a full segment with its tag.</summary>
    public const int SealedSegmentSize = SegmentSize + TagSize;

    internal const int VersionAt = 4;
    internal const int SuiteAt = 5;
    internal const int RoleAt = 6;
    internal const int ReservedAt = 7;
    internal const int TaskAt = 8;
    internal const int PartAt = 24;
    internal const int AttemptAt = 28;
    internal const int SegmentSizeAt = 32;
    internal const int NameAt = 36;
    internal const int NameHashSize = 8;
    internal const int PrefixAt = 44;

    /// <summary>The first four bytes of every encrypted part.</summary>
    public static ReadOnlySpan<byte> Magic => "RXP1"u8;

    /// <summary>Bytes of ciphertext, header included, of <paramref name="plainLength"/> bytes of plaintext.</summary>
    public static long CipherLength(long plainLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plainLength);
        var segments = Math.Max(1, (plainLength / SegmentSize) + (plainLength % SegmentSize == 0 ? 0 : 1));
        return checked(HeaderSize + plainLength + (segments * TagSize));
    }

    /// <summary>
    /// Bytes of plaintext in <paramref name="cipherLength"/> bytes of ciphertext, or -1 when no ciphertext has that length.
    /// </summary>
    public static long PlainLength(long cipherLength)
    {
        var body = cipherLength - HeaderSize;
        var last = body % SealedSegmentSize;
        return body < TagSize || (last != 0 && last < TagSize) || (last == TagSize && body > TagSize)
            ? -1
            : body - ((body / SealedSegmentSize) * TagSize) - (last == 0 ? 0 : TagSize);
    }
}
