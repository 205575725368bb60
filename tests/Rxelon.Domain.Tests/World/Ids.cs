using System.Buffers.Binary;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.World;

/// <summary>Small numbers as identifiers.</summary>
internal static class Ids
{
    internal static TaskId Task(int n) => TaskId.FromBytes(Bytes(1, n));

    internal static AccountId Account(int n) => AccountId.FromBytes(Bytes(2, n));

    internal static NodeId Node(int n) => NodeId.FromBytes(Bytes(3, n));

    internal static BlobRef Blob(int n)
    {
        var digest = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(digest, n + 1);
        return new BlobRef(BlobId.FromDigest(digest), 100 + n);
    }

    private static byte[] Bytes(byte kind, int n)
    {
        var bytes = new byte[16];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), n);
        return bytes;
    }
}
