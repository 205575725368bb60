using System.Buffers.Binary;
using System.Security.Cryptography;
using BclChaCha = System.Security.Cryptography.ChaCha20Poly1305;
using BouncyChaCha = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;

namespace Rxelon.Shared.Crypto;

/// <summary>Key and base nonce of one HPKE context, mode base with no PSK (RFC 9180 §5.1), and its encryptions (§5.2).</summary>
internal sealed class HpkeContext : IDisposable
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly SegmentCipher _cipher;

    private HpkeContext(byte[] key, byte[] baseNonce, HpkeAead aead)
    {
        Key = key;
        BaseNonce = baseNonce;
        _cipher = aead switch
        {
            HpkeAead.ChaCha20Poly1305 when BclChaCha.IsSupported => new ChaChaCipher(key),
            HpkeAead.ChaCha20Poly1305 => new BouncyAeadCipher(new BouncyChaCha(), key),
            _ => new AesGcmCipher(key),
        };
    }

    internal byte[] Key { get; }

    internal byte[] BaseNonce { get; }

    internal static HpkeContext Derive(ReadOnlySpan<byte> shared, ReadOnlySpan<byte> info, HpkeAead aead)
    {
        var keySize = aead switch
        {
            HpkeAead.Aes128Gcm => 16,
            HpkeAead.Aes256Gcm or HpkeAead.ChaCha20Poly1305 => 32,
            _ => throw new ArgumentOutOfRangeException(nameof(aead), aead, "There is no such HPKE cipher."),
        };
        ReadOnlySpan<byte> suiteId =
            [(byte)'H', (byte)'P', (byte)'K', (byte)'E', 0x00, 0x20, 0x00, 0x01, 0x00, (byte)aead];
        Span<byte> schedule = stackalloc byte[1 + 32 + 32];
        schedule[0] = 0;
        LabeledHkdf.Extract(suiteId, default, "psk_id_hash"u8, default, schedule.Slice(1, 32));
        LabeledHkdf.Extract(suiteId, default, "info_hash"u8, info, schedule.Slice(33, 32));
        Span<byte> secret = stackalloc byte[32];
        LabeledHkdf.Extract(suiteId, shared, "secret"u8, default, secret);
        var key = new byte[keySize];
        var nonce = new byte[NonceSize];
        LabeledHkdf.Expand(suiteId, secret, "key"u8, schedule, key);
        LabeledHkdf.Expand(suiteId, secret, "base_nonce"u8, schedule, nonce);
        CryptographicOperations.ZeroMemory(secret);
        return new HpkeContext(key, nonce, aead);
    }

    internal byte[] Seal(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[plaintext.Length + TagSize];
        _cipher.Seal(Nonce(sequence), plaintext, ciphertext, aad);
        return ciphertext;
    }

    /// <summary>Null when it does not authenticate.</summary>
    internal byte[]? Open(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext)
    {
        var plaintext = new byte[ciphertext.Length - TagSize];
        return _cipher.Open(Nonce(sequence), ciphertext, plaintext, aad) ? plaintext : null;
    }

    public void Dispose()
    {
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(Key);
        CryptographicOperations.ZeroMemory(BaseNonce);
    }

    private byte[] Nonce(ulong sequence)
    {
        var nonce = (byte[])BaseNonce.Clone();
        var low = nonce.AsSpan(NonceSize - sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ sequence);
        return nonce;
    }
}
