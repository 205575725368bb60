using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace Rxelon.Shared.Crypto;

/// <summary>An X25519 key pair (RFC 7748) to which keys are sealed. The private bytes are zeroed on dispose.</summary>
public sealed class ExchangeKeyPair : IDisposable
{
    /// <summary>Bytes of either key.</summary>
    public const int KeySize = 32;

    private readonly byte[] _private = GC.AllocateArray<byte>(KeySize, pinned: true);
    private bool _disposed;

    private ExchangeKeyPair(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != KeySize)
            throw new ArgumentException($"An X25519 private key is {KeySize} bytes, not {privateKey.Length}.", nameof(privateKey));
        privateKey.CopyTo(_private);
        PublicKey = new byte[KeySize];
        X25519.ScalarMultBase(_private, PublicKey);
    }

    /// <summary>The public key, 32 bytes; not to be written to.</summary>
    public byte[] PublicKey { get; }

    /// <summary>The private key, for <see cref="KeyWrap"/>; throws after dispose.</summary>
    internal ReadOnlySpan<byte> PrivateKey
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _private;
        }
    }

    /// <summary>A fresh pair from the system's generator.</summary>
    public static ExchangeKeyPair Generate()
    {
        Span<byte> bytes = stackalloc byte[KeySize];
        RandomNumberGenerator.Fill(bytes);
        var pair = new ExchangeKeyPair(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return pair;
    }

    /// <summary>The pair of a stored private key; the caller zeroes its own copy.</summary>
    public static ExchangeKeyPair FromPrivate(ReadOnlySpan<byte> privateKey) => new(privateKey);

    /// <summary>
    /// True when keys may be sealed to this public key: 32 bytes and not of low order. Check keys that strangers announce.
    /// </summary>
    public static bool IsUsablePublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != KeySize)
            return false;
        Span<byte> one = stackalloc byte[KeySize];
        Span<byte> agreement = stackalloc byte[KeySize];
        one.Clear();
        one[0] = 1;
        return X25519.CalculateAgreement(one, publicKey, agreement);
    }

    /// <summary>A copy of the private key, to be stored; the caller zeroes it.</summary>
    public byte[] ExportPrivate() => PrivateKey.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_private);
    }
}
