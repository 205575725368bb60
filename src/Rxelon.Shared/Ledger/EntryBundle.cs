using System.Buffers.Binary;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>The leaves below one tile of level 0 (C2SP tlog-tiles v0.1.0): each entry behind its length of two bytes, big-endian.</summary>
public static class EntryBundle
{
    /// <summary>Bytes of one entry at most.</summary>
    public const int MaxEntry = ushort.MaxValue;

    /// <summary>Writes up to 256 entries. Throws <see cref="ArgumentException"/> when there are more, or one is too long.</summary>
    public static byte[] Write(IReadOnlyCollection<byte[]> entries)
    {
        var bytes = new byte[SizeOf(entries)];
        Write(entries, bytes);
        return bytes;
    }

    /// <summary>Bytes of the bundle of these entries.</summary>
    public static int SizeOf(IReadOnlyCollection<byte[]> entries) => entries.Sum(e => sizeof(ushort) + e.Length);

    /// <summary>As <see cref="Write(IReadOnlyCollection{byte[]})"/>, into a buffer of <see cref="SizeOf"/> bytes at least.</summary>
    public static void Write(IReadOnlyCollection<byte[]> entries, Span<byte> bundle)
    {
        if (entries.Count > Tile.FullWidth || entries.Any(e => e.Length > MaxEntry))
            throw new ArgumentException($"A bundle has {Tile.FullWidth} entries of {MaxEntry} bytes at most.", nameof(entries));
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bundle, (ushort)entry.Length);
            entry.CopyTo(bundle[sizeof(ushort)..]);
            bundle = bundle[(sizeof(ushort) + entry.Length)..];
        }
    }

    /// <summary>Reads exactly <paramref name="count"/> entries. Fault: malformed.</summary>
    public static Outcome<IReadOnlyList<byte[]>> Read(ReadOnlySpan<byte> bundle, int count)
    {
        if (count is < 0 or > Tile.FullWidth)
            return Malformed(count);
        var entries = new List<byte[]>(count);
        while (bundle.Length > 0)
        {
            var length = bundle.Length < sizeof(ushort) ? 0 : BinaryPrimitives.ReadUInt16BigEndian(bundle);
            if (bundle.Length < sizeof(ushort) + length || entries.Count == count)
                return Malformed(count);
            entries.Add(bundle.Slice(sizeof(ushort), length).ToArray());
            bundle = bundle[(sizeof(ushort) + length)..];
        }

        return entries.Count == count ? entries : Malformed(count);
    }

    private static Fault Malformed(int count) => new(FaultCodes.Malformed, $"This is no bundle of {count} entries.", Culprit.Input);
}
