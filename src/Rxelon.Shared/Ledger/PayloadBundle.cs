using System.Buffers.Binary;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// The encrypted events of the entries of one bundle (docs/design/ledger.md): each behind its length of four bytes, big-endian; empty
/// for an entry that has none.
/// </summary>
public static class PayloadBundle
{
    /// <summary>Bytes of one bundle that a reader takes at most.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>Writes up to 256 replicas. Throws <see cref="ArgumentException"/> when there are more.</summary>
    public static byte[] Write(IReadOnlyCollection<byte[]> replicas)
    {
        var bytes = new byte[SizeOf(replicas)];
        Write(replicas, bytes);
        return bytes;
    }

    /// <summary>Bytes of the bundle of these replicas.</summary>
    public static int SizeOf(IReadOnlyCollection<byte[]> replicas) => replicas.Sum(r => sizeof(uint) + r.Length);

    /// <summary>As <see cref="Write(IReadOnlyCollection{byte[]})"/>, into a buffer of <see cref="SizeOf"/> bytes at least.</summary>
    public static void Write(IReadOnlyCollection<byte[]> replicas, Span<byte> bundle)
    {
        if (replicas.Count > Tile.FullWidth)
            throw new ArgumentException($"A bundle has {Tile.FullWidth} payloads at most.", nameof(replicas));
        foreach (var replica in replicas)
        {
            BinaryPrimitives.WriteInt32BigEndian(bundle, replica.Length);
            replica.CopyTo(bundle[sizeof(uint)..]);
            bundle = bundle[(sizeof(uint) + replica.Length)..];
        }
    }

    /// <summary>Reads exactly <paramref name="count"/> replicas. Fault: malformed.</summary>
    public static Outcome<IReadOnlyList<byte[]>> Read(ReadOnlySpan<byte> bundle, int count)
    {
        var replicas = new List<byte[]>();
        while (bundle.Length >= sizeof(uint) && replicas.Count < count)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bundle);
            if (length > bundle.Length - sizeof(uint))
                break;
            replicas.Add(bundle.Slice(sizeof(uint), (int)length).ToArray());
            bundle = bundle[(sizeof(uint) + (int)length)..];
        }

        return replicas.Count == count && bundle.IsEmpty
            ? replicas
            : new Fault(FaultCodes.Malformed, $"This is no bundle of {count} payloads.", Culprit.Input);
    }
}
