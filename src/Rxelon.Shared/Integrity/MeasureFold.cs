using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rxelon.Shared.Integrity;

/// <summary>Folds named digests into one: SHA-256 over u32 length of the name ‖ name (UTF-8) ‖ digest 32, big-endian, by ordinal order of the names.</summary>
public static class MeasureFold
{
    /// <summary>The digest of the group.</summary>
    public static byte[] Of(IEnumerable<KeyValuePair<string, byte[]>> items)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var (name, digest) in items.OrderBy(i => i.Key, StringComparer.Ordinal))
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
            hash.AppendData(digest);
        }

        return hash.GetHashAndReset();
    }
}
