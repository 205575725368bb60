using System.Buffers.Binary;
using System.Text;

namespace Rxelon.Shared.Ledger;

/// <summary>Writes an entry's fields behind its version and kind (docs/adr/0001-leaf-v1.md).</summary>
internal sealed class LeafWriter
{
    private readonly MemoryStream _bytes = new(160);

    internal LeafWriter(byte kind) => Bytes([Leaf.Version, kind]);

    internal LeafWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    internal LeafWriter U64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return Bytes(bytes);
    }

    internal LeafWriter Time(DateTimeOffset at) => U64(checked((ulong)at.ToUnixTimeMilliseconds()));

    internal LeafWriter Hash(MerkleHash hash)
    {
        Span<byte> bytes = stackalloc byte[MerkleHash.Size];
        hash.CopyTo(bytes);
        return Bytes(bytes);
    }

    internal LeafWriter Text16(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)utf8.Length));
        return Bytes(length).Bytes(utf8);
    }

    internal LeafWriter Bytes32(byte[] bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, checked((uint)bytes.Length));
        return Bytes(length).Bytes(bytes);
    }

    internal byte[] ToArray() => _bytes.ToArray();
}

/// <summary>Reads an entry's fields. Reading past the end gives zeros and is remembered: <see cref="AtEnd"/> is false then.</summary>
internal ref struct LeafReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);
    private static readonly ulong LastTime = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private ReadOnlySpan<byte> _rest = bytes;
    private bool _broken;

    /// <summary>True when every byte was read, and none too many.</summary>
    internal readonly bool AtEnd => !_broken && _rest.IsEmpty;

    internal byte U8() => Take(1) is [var value] ? value : (byte)0;

    internal ulong U64() => Take(sizeof(ulong)) is { Length: sizeof(ulong) } taken ? BinaryPrimitives.ReadUInt64BigEndian(taken) : 0;

    internal DateTimeOffset Time()
    {
        var millis = U64();
        _broken |= millis > LastTime;
        return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(millis, LastTime));
    }

    internal MerkleHash Hash()
    {
        _ = MerkleHash.TryRead(Take(MerkleHash.Size), out var hash);
        return hash;
    }

    internal string? Text16()
    {
        var length = Take(sizeof(ushort)) is { Length: sizeof(ushort) } taken ? BinaryPrimitives.ReadUInt16BigEndian(taken) : 0;
        try
        {
            return Utf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    internal byte[] Bytes32()
    {
        var length = Take(sizeof(uint)) is { Length: sizeof(uint) } taken ? BinaryPrimitives.ReadUInt32BigEndian(taken) : 0;
        return length > int.MaxValue ? Bytes(int.MaxValue) : Bytes((int)length);
    }

    internal byte[] Bytes(int length) => Take(length).ToArray();

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            _broken = true;
            _rest = [];
            return [];
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
