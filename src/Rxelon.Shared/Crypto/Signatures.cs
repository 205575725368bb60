using System.Buffers.Binary;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Rxelon.Shared.Crypto;

/// <summary>Checks Ed25519 signatures and builds what is signed.</summary>
public static class Signatures
{
    /// <summary>Bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <summary>True when the holder of the public key signed exactly this message; false for anything else, whatever its length.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        => publicKey.Length == PublicKeySize && signature.Length == SignatureSize
            && Ed25519.Verify(signature.ToArray(), 0, publicKey.ToArray(), 0, message.ToArray(), 0, message.Length);

    /// <summary>
    /// The bytes to sign: the domain and then every field, each behind its length (4 bytes, big-endian). Two different lists
    /// of fields, or the same list in two domains, never give the same bytes. A domain names purpose and version, such as
    /// <c>rx/submit/v1</c>.
    /// </summary>
    public static byte[] Message(string domain, params byte[][] fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        var name = Encoding.UTF8.GetBytes(domain);
        var size = sizeof(int) + name.Length;
        foreach (var field in fields)
            size = checked(size + sizeof(int) + field.Length);
        var message = new byte[size];
        var at = Append(message, 0, name);
        foreach (var field in fields)
            at = Append(message, at, field);
        return message;
    }

    private static int Append(byte[] message, int at, byte[] field)
    {
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(at), field.Length);
        field.CopyTo(message, at + sizeof(int));
        return at + sizeof(int) + field.Length;
    }
}
