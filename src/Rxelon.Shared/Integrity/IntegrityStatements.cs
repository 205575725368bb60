using System.Text;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Integrity;

/// <summary>The exact bytes that a node signs about itself (docs/design/signatures.md).</summary>
public static class IntegrityStatements
{
    /// <summary>
    /// "rx/measure/v1\n" ‖ node 16 ‖ nonce 16 ‖ u64 Unix milliseconds ‖ u32 groups, each name and digest 32 ‖ u32 announced names ‖
    /// u32 images, each name, u32 length and content ‖ log: u64 from, u64 count, hash 32, u64 broken at, u64 asked count, u32
    /// length and asked hash. A name is u32 length ‖ UTF-8.
    /// </summary>
    public static byte[] Measure(NodeId node, Measures m)
    {
        var writer = new StatementWriter("rx/measure/v1").Bytes(node.ToBytes()).Bytes(m.Nonce).I64(m.UnixMillis).U32(m.Groups.Count);
        foreach (var group in m.Groups)
            Text(writer, group.Group).Bytes(group.Digest);
        writer.U32(m.Announced.Count);
        foreach (var name in m.Announced)
            Text(writer, name);
        writer.U32(m.Images.Count);
        foreach (var image in m.Images)
            Text(writer, image.Image).U32(image.Content.Length).Bytes(image.Content);
        return writer.I64((long)m.Log.From).I64((long)m.Log.Count).Bytes(m.Log.Hash).I64((long)m.Log.BrokenAt)
            .I64((long)m.Log.AskedCount).U32(m.Log.AskedHash.Length).Bytes(m.Log.AskedHash).ToArray();
    }

    /// <summary>"rx/oplog/v1\n" ‖ node 16 ‖ u64 count ‖ hash 32 ‖ u64 Unix milliseconds.</summary>
    public static byte[] Log(NodeId node, ulong count, ReadOnlySpan<byte> hash, long unixMillis)
        => new StatementWriter("rx/oplog/v1").Bytes(node.ToBytes()).I64((long)count).Bytes(hash).I64(unixMillis).ToArray();

    private static StatementWriter Text(StatementWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return writer.U32(bytes.Length).Bytes(bytes);
    }
}
