using System.Buffers.Binary;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Integrity;

/// <summary>
/// The log's file: entries of kind ‖ u32 length ‖ payload ‖ chain 32, big-endian. Anchor (u64 count): the records up to it are not here
/// any more, the chain is that at the count. Record: the chain after it. Head (u64 count ‖ u64 Unix milliseconds ‖ signature 64):
/// signed. Broken (u64 number): an earlier file was set aside because of that record.
/// </summary>
internal static class OperationFile
{
    internal const byte Anchor = 1;
    internal const byte Record = 2;
    internal const byte Head = 3;
    internal const byte Broken = 4;
    internal const int ChainSize = 32;
    private const int Framing = 1 + 4 + ChainSize;

    /// <summary>A write that was cut off leaves less than this.</summary>
    private const int LargestEntry = Framing + OperationRecord.MaxSize;

    internal static byte[] Entry(byte kind, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> chain)
    {
        var bytes = new byte[Framing + payload.Length];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), payload.Length);
        payload.CopyTo(bytes.AsSpan(5));
        chain.CopyTo(bytes.AsSpan(5 + payload.Length));
        return bytes;
    }

    internal static byte[] Number(ulong number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }

    internal static byte[] HeadPayload(OperationHead head)
    {
        byte[] bytes = [.. Number(head.Count), .. Number((ulong)head.UnixMillis), .. head.Signature];
        return bytes;
    }

    /// <summary>
    /// Reads everything and computes the chain anew from the records. What does not hold ends the reading: at the very end it is a
    /// torn write and of no meaning; anywhere else the log was altered.
    /// </summary>
    internal static OperationContent Parse(ReadOnlySpan<byte> bytes, byte[] start)
    {
        var content = new OperationContent(start);
        var at = 0;
        while (at < bytes.Length)
        {
            var rest = bytes[at..];
            var length = rest.Length < 5 ? -1 : BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            var whole = length is >= 0 and <= OperationRecord.MaxSize && Framing + length <= rest.Length;
            if (!whole || !content.Take(rest[0], rest.Slice(5, length), rest.Slice(5 + length, ChainSize), at))
            {
                var isLast = whole ? Framing + length == rest.Length : rest.Length < LargestEntry;
                if (!isLast)
                {
                    content.IsAltered = true;
                    content.BrokenAt = content.BrokenAt == 0 ? content.Count + 1 : content.BrokenAt;
                }

                break;
            }

            at += Framing + length;
        }

        content.Length = at;
        return content;
    }
}

/// <summary>What a file says, as far as it holds.</summary>
internal sealed class OperationContent
{
    internal OperationContent(byte[] start) => Hash = Anchored = start;

    /// <summary>Bytes that hold.</summary>
    internal int Length { get; set; }

    internal ulong From { get; private set; }

    internal ulong Count { get; private set; }

    internal byte[] Hash { get; private set; }

    /// <summary>The first record that is not what was written; 0 for none.</summary>
    internal ulong BrokenAt { get; set; }

    /// <summary>The break is in these bytes; otherwise it was in a file that is set aside already.</summary>
    internal bool IsAltered { get; set; }

    /// <summary>Where the payloads of the records after <see cref="From"/> begin and how long they are.</summary>
    internal List<(long At, int Length)> Records { get; } = [];

    /// <summary>The chain at <see cref="From"/>.</summary>
    internal byte[] Anchored { get; private set; }

    internal List<OperationHead> Heads { get; } = [];

    /// <summary>The chain at a count, from the bytes that were parsed; empty when it is not in them.</summary>
    internal byte[] HashAt(ReadOnlySpan<byte> bytes, ulong count)
    {
        if (count == From)
            return Anchored;
        if (count < From || count > From + (ulong)Records.Count)
            return [];
        var (at, length) = Records[(int)(count - From - 1)];
        return bytes.Slice((int)at + length, 32).ToArray();
    }

    /// <summary>The entries behind the record of that number, as they are.</summary>
    internal ReadOnlySpan<byte> After(ReadOnlySpan<byte> bytes, ulong count)
    {
        var index = (int)(count - From);
        return index >= Records.Count ? [] : bytes[((int)Records[index].At - 5)..];
    }

    internal bool Take(byte kind, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> chain, long at)
    {
        switch (kind)
        {
            case OperationFile.Anchor when payload.Length == 8 && at == 0:
                From = Count = BinaryPrimitives.ReadUInt64BigEndian(payload);
                Hash = Anchored = chain.ToArray();
                return true;
            case OperationFile.Broken when payload.Length == 8:
                BrokenAt = BinaryPrimitives.ReadUInt64BigEndian(payload);
                return true;
            case OperationFile.Record when OperationChain.Next(Hash, payload) is var next && chain.SequenceEqual(next):
                (Hash, Count) = (next, Count + 1);
                Records.Add((at + 5, payload.Length));
                return true;
            case OperationFile.Head when payload.Length == 80 && BinaryPrimitives.ReadUInt64BigEndian(payload) == Count && chain.SequenceEqual(Hash):
                Heads.Add(new OperationHead(Count, Hash, (long)BinaryPrimitives.ReadUInt64BigEndian(payload[8..]), payload[16..].ToArray()));
                return true;
            default:
                return false;
        }
    }
}
