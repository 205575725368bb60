using System.Buffers.Binary;

namespace Rxelon.Shared.Api;

/// <summary>
/// Chunks of a log one after the other, on the hub's disk and in the answer to GET …/log: <c>u32 number ‖ u32 length ‖ chunk</c>,
/// big-endian. Numbers grow. A record that is cut short at the end is not there yet.
/// </summary>
public static class LogRecords
{
    /// <summary>Bytes of a record besides the chunk.</summary>
    public const int Framing = 8;

    /// <summary>The record of one chunk.</summary>
    public static byte[] Write(uint number, ReadOnlySpan<byte> chunk)
    {
        var record = new byte[Framing + chunk.Length];
        BinaryPrimitives.WriteUInt32BigEndian(record, number);
        BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(4), (uint)chunk.Length);
        chunk.CopyTo(record.AsSpan(Framing));
        return record;
    }

    /// <summary>The whole records, in order: number, and where record and chunk begin and end.</summary>
    public static IEnumerable<(uint Number, int Start, int End)> Read(ReadOnlyMemory<byte> records)
    {
        for (var at = 0; records.Length - at >= Framing;)
        {
            var number = BinaryPrimitives.ReadUInt32BigEndian(records.Span[at..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(records.Span[(at + 4)..]);
            if (length > records.Length - at - Framing)
                yield break;
            yield return (number, at, at + Framing + (int)length);
            at += Framing + (int)length;
        }
    }
}
