using System.Security.Cryptography;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Small secrets at rest: AES-256-GCM with a random nonce, as nonce 12 ‖ tag 16 ‖ ciphertext. The context is authenticated and not
/// stored here, so that one secret cannot be put in another's place.
/// </summary>
public static class SecretSeal
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    /// <summary>Bytes that sealing adds.</summary>
    public const int Overhead = NonceSize + TagSize;

    /// <summary>The sealed secret.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> context)
    {
        var bytes = new byte[Overhead + secret.Length];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(bytes.AsSpan(0, NonceSize), secret, bytes.AsSpan(Overhead), bytes.AsSpan(NonceSize, TagSize), context);
        return bytes;
    }

    /// <summary>The secret, which the caller zeroes; null when key or context are others, or the bytes were altered.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> context)
    {
        if (bytes.Length < Overhead)
            return null;
        var secret = new byte[bytes.Length - Overhead];
        try
        {
            using var aes = new AesGcm(key, TagSize);
            aes.Decrypt(bytes[..NonceSize], bytes[Overhead..], bytes[NonceSize..Overhead], secret, context);
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
