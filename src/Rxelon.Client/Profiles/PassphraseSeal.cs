using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Profiles;

/// <summary>
/// Bytes under a passphrase: Argon2id (RFC 9106, version 1.3) with the stated cost gives an AES-256-GCM key. Memory in KiB.
/// The default cost is the RFC's second recommendation (64 MiB, 3 passes), with one lane.
/// </summary>
public sealed record PassphraseSeal(string Kdf, int MemoryKib, int Passes, int Lanes, byte[] Salt, byte[] Nonce, byte[] Data)
{
    private const string Argon2id = "argon2id";
    private const int TagSize = 16;
    private const int NonceSize = 12;

    // A file from elsewhere must not make this machine run out of memory.
    private const int MaxMemoryKib = 1 << 20;
    private const int MaxPasses = 64;
    private const int MaxLanes = 16;

    internal static PassphraseSeal Seal(ReadOnlySpan<byte> plain, string passphrase, byte[] binding, int memoryKib = 1 << 16)
    {
        var seal = new PassphraseSeal(
            Argon2id, memoryKib, 3, 1, RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(NonceSize), new byte[plain.Length + TagSize]);
        var key = seal.DeriveKey(passphrase);
        using (var aes = new AesGcm(key, TagSize))
            aes.Encrypt(seal.Nonce, plain, seal.Data.AsSpan(0, plain.Length), seal.Data.AsSpan(plain.Length), binding);
        CryptographicOperations.ZeroMemory(key);
        return seal;
    }

    internal Outcome<byte[]> Open(string passphrase, byte[] binding)
    {
        if (Kdf != Argon2id || MemoryKib is < 8 or > MaxMemoryKib || Passes is < 1 or > MaxPasses || Lanes is < 1 or > MaxLanes
            || Data.Length < TagSize || Nonce.Length != NonceSize)
            return new Fault(FaultCodes.Malformed, "The account file is protected in a way that this program does not know.", Culprit.Input);
        var key = DeriveKey(passphrase);
        var plain = new byte[Data.Length - TagSize];
        try
        {
            using var aes = new AesGcm(key, TagSize);
            aes.Decrypt(Nonce, Data.AsSpan(0, plain.Length), Data.AsSpan(plain.Length), plain, binding);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return new Fault(FaultCodes.Unauthorized, "The passphrase is wrong, or the account file was changed.", Culprit.Input);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private byte[] DeriveKey(string passphrase)
    {
        var generator = new Argon2BytesGenerator();
        generator.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id)
            .WithVersion(Argon2Parameters.Version13)
            .WithMemoryAsKB(MemoryKib).WithIterations(Passes).WithParallelism(Lanes).WithSalt(Salt).Build());
        var key = new byte[32];
        generator.GenerateBytes(Encoding.UTF8.GetBytes(passphrase), key);
        return key;
    }
}
