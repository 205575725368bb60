using System.Buffers.Binary;

namespace Rxelon.Link.Guard;

/// <summary>One field of a protobuf message: a number, or a range of the message's bytes.</summary>
internal struct ProtoField
{
    private int _start;
    private int _length;

    internal bool IsPresent { get; private set; }

    internal bool IsBytes { get; private set; }

    internal ulong Number { get; private set; }

    internal readonly bool IsNumber => IsPresent && !IsBytes;

    internal readonly ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message.Slice(_start, _length);

    internal static ProtoField OfNumber(ulong value) => new() { IsPresent = true, Number = value };

    internal static ProtoField OfBytes(int start, int length) => new() { IsPresent = true, IsBytes = true, _start = start, _length = length };
}

/// <summary>
/// The protobuf wire format (protobuf.dev/programming-guides/encoding), one level deep, without allocation: varint, fixed64,
/// fixed32 and length-delimited fields.
/// </summary>
internal static class ProtoFields
{
    /// <summary>
    /// Puts field n into <c>fields[n - 1]</c>. False when the bytes are not well-formed, a field is unknown (beyond the span), or
    /// a field occurs twice.
    /// </summary>
    internal static bool Read(ReadOnlySpan<byte> message, Span<ProtoField> fields)
    {
        fields.Clear();
        var at = 0;
        while (at < message.Length)
        {
            if (!ReadVarint(message, ref at, out var tag) || tag >> 3 is var number && (number == 0 || number > (ulong)fields.Length))
                return false;
            ref var field = ref fields[(int)(tag >> 3) - 1];
            if (field.IsPresent || !ReadValue(message, ref at, (int)(tag & 7), out field))
                return false;
        }

        return true;
    }

    private static bool ReadValue(ReadOnlySpan<byte> message, ref int at, int wireType, out ProtoField field)
    {
        field = default;
        switch (wireType)
        {
            case 0 when ReadVarint(message, ref at, out var value):
                field = ProtoField.OfNumber(value);
                return true;
            case 1 when message.Length - at >= 8:
                field = ProtoField.OfNumber(BinaryPrimitives.ReadUInt64LittleEndian(message[at..]));
                at += 8;
                return true;
            case 2 when ReadVarint(message, ref at, out var length) && length <= (ulong)(message.Length - at):
                field = ProtoField.OfBytes(at, (int)length);
                at += (int)length;
                return true;
            case 5 when message.Length - at >= 4:
                field = ProtoField.OfNumber(BinaryPrimitives.ReadUInt32LittleEndian(message[at..]));
                at += 4;
                return true;
            default:
                return false;
        }
    }

    private static bool ReadVarint(ReadOnlySpan<byte> message, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return true;
        }

        return false;
    }
}
