using System.Buffers.Binary;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Crypto;

/// <summary>The AEAD of an HPKE message; the number is the one registered in RFC 9180 §7.3.</summary>
public enum HpkeAead : ushort
{
    /// <summary>AES-128-GCM.</summary>
    Aes128Gcm = 1,

    /// <summary>AES-256-GCM.</summary>
    Aes256Gcm = 2,

    /// <summary>ChaCha20-Poly1305.</summary>
    ChaCha20Poly1305 = 3,
}

/// <summary>An HPKE message: the encapsulated key (32 bytes) and the ciphertext with its tag.</summary>
public sealed record HpkeSealed(byte[] Encapsulated, byte[] Ciphertext);

/// <summary>
/// Hybrid public key encryption to an X25519 key: RFC 9180 base mode with DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256, one
/// message to a context. Whoever opens learns nothing about who sealed.
/// </summary>
public static class Hpke
{
    /// <summary>Bytes of an X25519 key, public or private, and of an encapsulated key.</summary>
    public const int KeySize = 32;

    private const int TagSize = 16;

    /// <summary>
    /// Encrypts to the holder of <paramref name="recipientPublic"/>. Throws <see cref="CryptographicException"/> for a public
    /// key of low order (see <see cref="ExchangeKeyPair.IsUsablePublicKey"/>), with which anybody could open the message.
    /// </summary>
    public static HpkeSealed Seal(
        ReadOnlySpan<byte> recipientPublic,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext,
        HpkeAead aead = HpkeAead.Aes256Gcm)
    {
        Span<byte> ephemeral = stackalloc byte[KeySize];
        RandomNumberGenerator.Fill(ephemeral);
        try
        {
            return SealWithEphemeral(ephemeral, recipientPublic, info, aad, plaintext, aead);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ephemeral);
        }
    }

    /// <summary>The plaintext, or a fault with code <c>decrypt-failed</c>.</summary>
    public static Outcome<byte[]> Open(
        ReadOnlySpan<byte> recipientPrivate,
        ReadOnlySpan<byte> encapsulated,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> ciphertext,
        HpkeAead aead = HpkeAead.Aes256Gcm)
    {
        CheckKey(recipientPrivate, nameof(recipientPrivate));
        if (encapsulated.Length != KeySize)
            return Broken($"the encapsulated key is {encapsulated.Length} bytes, not {KeySize}");
        if (ciphertext.Length < TagSize)
            return Broken($"the ciphertext of {ciphertext.Length} bytes is shorter than its tag");
        Span<byte> shared = stackalloc byte[KeySize];
        if (!HpkeKem.Decapsulate(recipientPrivate, encapsulated, shared))
            return Broken("the encapsulated key is of low order");
        using var context = HpkeContext.Derive(shared, info, aead);
        CryptographicOperations.ZeroMemory(shared);
        return context.Open(0, aad, ciphertext) is { } plaintext
            ? plaintext
            : Broken("it was sealed to another key or for another purpose, or it is damaged");
    }

    /// <summary>With a chosen ephemeral private key: only for the published vectors.</summary>
    internal static HpkeSealed SealWithEphemeral(
        ReadOnlySpan<byte> ephemeral,
        ReadOnlySpan<byte> recipientPublic,
        ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext,
        HpkeAead aead)
    {
        CheckKey(recipientPublic, nameof(recipientPublic));
        Span<byte> shared = stackalloc byte[KeySize];
        var encapsulated = new byte[KeySize];
        if (!HpkeKem.Encapsulate(ephemeral, recipientPublic, encapsulated, shared))
            throw new CryptographicException("The recipient's public key is of low order: nothing sealed to it is secret.");
        using var context = HpkeContext.Derive(shared, info, aead);
        CryptographicOperations.ZeroMemory(shared);
        return new HpkeSealed(encapsulated, context.Seal(0, aad, plaintext));
    }

    private static void CheckKey(ReadOnlySpan<byte> key, string name)
    {
        if (key.Length != KeySize)
            throw new ArgumentException($"An X25519 key is {KeySize} bytes, not {key.Length}.", name);
    }

    private static Fault Broken(string why) => new(FaultCodes.DecryptFailed, $"The sealed message does not open: {why}.");
}

/// <summary>DHKEM(X25519, HKDF-SHA256), RFC 9180 §4.1.</summary>
internal static class HpkeKem
{
    private static ReadOnlySpan<byte> SuiteId => [(byte)'K', (byte)'E', (byte)'M', 0x00, 0x20];

    /// <summary>False when the agreement is all zeros (RFC 9180 §7.1.4).</summary>
    internal static bool Encapsulate(
        ReadOnlySpan<byte> ephemeral, ReadOnlySpan<byte> recipientPublic, Span<byte> encapsulated, Span<byte> shared)
    {
        X25519.ScalarMultBase(ephemeral, encapsulated);
        return Agree(ephemeral, recipientPublic, encapsulated, recipientPublic, shared);
    }

    /// <summary>False when the agreement is all zeros.</summary>
    internal static bool Decapsulate(ReadOnlySpan<byte> recipientPrivate, ReadOnlySpan<byte> encapsulated, Span<byte> shared)
    {
        Span<byte> recipientPublic = stackalloc byte[Hpke.KeySize];
        X25519.ScalarMultBase(recipientPrivate, recipientPublic);
        return Agree(recipientPrivate, encapsulated, encapsulated, recipientPublic, shared);
    }

    private static bool Agree(
        ReadOnlySpan<byte> mine,
        ReadOnlySpan<byte> theirs,
        ReadOnlySpan<byte> encapsulated,
        ReadOnlySpan<byte> recipientPublic,
        Span<byte> shared)
    {
        Span<byte> agreement = stackalloc byte[Hpke.KeySize];
        if (!X25519.CalculateAgreement(mine, theirs, agreement))
            return false;
        byte[] kemContext = [.. encapsulated, .. recipientPublic];
        Span<byte> prk = stackalloc byte[Hpke.KeySize];
        LabeledHkdf.Extract(SuiteId, default, "eae_prk"u8, agreement, prk);
        LabeledHkdf.Expand(SuiteId, prk, "shared_secret"u8, kemContext, shared);
        CryptographicOperations.ZeroMemory(agreement);
        CryptographicOperations.ZeroMemory(prk);
        return true;
    }
}

/// <summary>LabeledExtract and LabeledExpand of RFC 9180 §4, over HKDF-SHA256.</summary>
internal static class LabeledHkdf
{
    private static ReadOnlySpan<byte> Version => "HPKE-v1"u8;

    internal static void Extract(
        ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> secret, Span<byte> prk)
    {
        byte[] labelled = [.. Version, .. suiteId, .. label, .. secret];
        HKDF.Extract(HashAlgorithmName.SHA256, labelled, salt, prk);
        CryptographicOperations.ZeroMemory(labelled);
    }

    internal static void Expand(
        ReadOnlySpan<byte> suiteId, ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> into)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)into.Length);
        byte[] labelled = [.. length, .. Version, .. suiteId, .. label, .. info];
        HKDF.Expand(HashAlgorithmName.SHA256, prk, into, labelled);
    }
}
