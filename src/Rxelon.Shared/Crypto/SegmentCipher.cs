using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using BclChaCha = System.Security.Cryptography.ChaCha20Poly1305;
using BouncyChaCha = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// One authenticated cipher under one key; <c>sealed</c> buffers hold the ciphertext and then the 16-byte tag.
/// Not for concurrent use.
/// </summary>
internal abstract class SegmentCipher : IDisposable
{
    internal static SegmentCipher Create(CipherSuite suite, ReadOnlySpan<byte> key)
    {
        if (key.Length != PartFormat.KeySize)
            throw new ArgumentException($"A part key is {PartFormat.KeySize} bytes, not {key.Length}.", nameof(key));
        return suite switch
        {
            CipherSuite.Aes256Gcm => new AesGcmCipher(key),
            CipherSuite.ChaCha20Poly1305 when BclChaCha.IsSupported => new ChaChaCipher(key),
            CipherSuite.ChaCha20Poly1305 => new BouncyAeadCipher(new BouncyChaCha(), key),
            CipherSuite.Aes256GcmSiv => new BouncyAeadCipher(new GcmSivBlockCipher(), key),
            _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "There is no such cipher suite."),
        };
    }

    internal abstract void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> @sealed, ReadOnlySpan<byte> aad);

    /// <summary>False, with <paramref name="plain"/> cleared, when the segment does not authenticate.</summary>
    internal abstract bool Open(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> @sealed, Span<byte> plain, ReadOnlySpan<byte> aad);

    public abstract void Dispose();
}

/// <summary>The platform's AES-GCM.</summary>
internal sealed class AesGcmCipher(ReadOnlySpan<byte> key) : SegmentCipher
{
    private readonly AesGcm _cipher = new(key, PartFormat.TagSize);

    internal override void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> @sealed, ReadOnlySpan<byte> aad)
        => _cipher.Encrypt(nonce, plain, @sealed[..plain.Length], @sealed[plain.Length..], aad);

    internal override bool Open(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> @sealed, Span<byte> plain, ReadOnlySpan<byte> aad)
    {
        try
        {
            _cipher.Decrypt(nonce, @sealed[..plain.Length], @sealed[plain.Length..], plain, aad);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            plain.Clear();
            return false;
        }
    }

    public override void Dispose() => _cipher.Dispose();
}

/// <summary>The platform's ChaCha20-Poly1305.</summary>
internal sealed class ChaChaCipher(ReadOnlySpan<byte> key) : SegmentCipher
{
    private readonly BclChaCha _cipher = new(key);

    internal override void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> @sealed, ReadOnlySpan<byte> aad)
        => _cipher.Encrypt(nonce, plain, @sealed[..plain.Length], @sealed[plain.Length..], aad);

    internal override bool Open(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> @sealed, Span<byte> plain, ReadOnlySpan<byte> aad)
    {
        try
        {
            _cipher.Decrypt(nonce, @sealed[..plain.Length], @sealed[plain.Length..], plain, aad);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            plain.Clear();
            return false;
        }
    }

    public override void Dispose() => _cipher.Dispose();
}

/// <summary>A Bouncy Castle cipher, for what the platform lacks.</summary>
internal sealed class BouncyAeadCipher(IAeadCipher cipher, ReadOnlySpan<byte> key) : SegmentCipher
{
    private readonly byte[] _key = key.ToArray();

    internal override void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> @sealed, ReadOnlySpan<byte> aad)
    {
        Start(true, nonce, aad);
        var written = cipher.ProcessBytes(plain, @sealed);
        cipher.DoFinal(@sealed[written..]);
    }

    internal override bool Open(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> @sealed, Span<byte> plain, ReadOnlySpan<byte> aad)
    {
        try
        {
            Start(false, nonce, aad);
            var written = cipher.ProcessBytes(@sealed, plain);
            cipher.DoFinal(plain[written..]);
            return true;
        }
        catch (InvalidCipherTextException)
        {
            plain.Clear();
            return false;
        }
    }

    public override void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private void Start(bool encrypt, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> aad)
    {
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(_key), PartFormat.TagSize * 8, nonce.ToArray()));
        cipher.ProcessAadBytes(aad);
    }
}
