using System.Buffers.Binary;

namespace Rxelon.Shared.Api;

/// <summary>
/// Many small blobs in one HTTP body (media type <c>application/vnd.rxelon.pack</c>): each a big-endian u32 length and that
/// many bytes. At most 1,000 blobs of at most 32 KiB.
/// </summary>
public static class BlobPack
{
    public const string MediaType = "application/vnd.rxelon.pack";
    public const int MaxBlobs = 1000;

    /// <summary>Packs blobs in order.</summary>
    public static byte[] Write(IReadOnlyCollection<ReadOnlyMemory<byte>> blobs)
    {
        var pack = new byte[blobs.Sum(b => 4 + b.Length)];
        var at = 0;
        foreach (var blob in blobs)
        {
            BinaryPrimitives.WriteInt32BigEndian(pack.AsSpan(at), blob.Length);
            blob.Span.CopyTo(pack.AsSpan(at + 4));
            at += 4 + blob.Length;
        }

        return pack;
    }

    /// <summary>Splits a pack; throws <see cref="FormatException"/> when lengths do not add up or a limit is passed.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> pack)
    {
        var blobs = new List<ReadOnlyMemory<byte>>();
        while (!pack.IsEmpty)
        {
            if (pack.Length < 4)
                throw new FormatException("The pack ends inside a length.");
            var length = BinaryPrimitives.ReadUInt32BigEndian(pack.Span);
            if (length > Workloads.BlobRef.InlineLimit || length > pack.Length - 4)
                throw new FormatException($"Blob {blobs.Count} of the pack claims {length} bytes, which it has not or may not.");
            if (blobs.Count == MaxBlobs)
                throw new FormatException($"A pack holds at most {MaxBlobs} blobs.");
            blobs.Add(pack.Slice(4, (int)length));
            pack = pack[(4 + (int)length)..];
        }

        return blobs;
    }
}
