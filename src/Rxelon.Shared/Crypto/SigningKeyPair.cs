using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// An Ed25519 key pair (RFC 8032 §5.1) made from a 32-byte seed. Safe for concurrent signing. The seed is zeroed on dispose.
/// </summary>
public sealed class SigningKeyPair : IDisposable
{
    /// <summary>Bytes of the seed.</summary>
    public const int SeedSize = 32;

    private readonly byte[] _seed = GC.AllocateArray<byte>(SeedSize, pinned: true);
    private bool _disposed;

    private SigningKeyPair(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedSize)
            throw new ArgumentException($"An Ed25519 seed is {SeedSize} bytes, not {seed.Length}.", nameof(seed));
        seed.CopyTo(_seed);
        PublicKey = new byte[Signatures.PublicKeySize];
        Ed25519.GeneratePublicKey(_seed, PublicKey);
    }

    /// <summary>The public key, 32 bytes; not to be written to.</summary>
    public byte[] PublicKey { get; }

    /// <summary>A fresh pair from the system's generator.</summary>
    public static SigningKeyPair Generate()
    {
        Span<byte> seed = stackalloc byte[SeedSize];
        RandomNumberGenerator.Fill(seed);
        var pair = new SigningKeyPair(seed);
        CryptographicOperations.ZeroMemory(seed);
        return pair;
    }

    /// <summary>The pair of a stored seed; the caller zeroes its own copy.</summary>
    public static SigningKeyPair FromSeed(ReadOnlySpan<byte> seed) => new(seed);

    /// <summary>
    /// The 64-byte signature of <paramref name="message"/>, which should come from <see cref="Signatures.Message"/>.
    /// </summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var signature = new byte[Signatures.SignatureSize];
        Ed25519.Sign(_seed, 0, PublicKey, 0, message.ToArray(), 0, message.Length, signature, 0);
        return signature;
    }

    /// <summary>A copy of the seed, to be stored; the caller zeroes it.</summary>
    public byte[] ExportSeed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (byte[])_seed.Clone();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_seed);
    }
}
