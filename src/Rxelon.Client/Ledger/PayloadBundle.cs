using System.Buffers.Binary;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// The encrypted payloads of the entries below one tile of level 0 (docs/design/ledger.md): each behind its length (four bytes,
/// big-endian), empty for an entry without one.
/// </summary>
internal static class PayloadBundle
{
    /// <summary>Path below the log's prefix: <c>payload/N[.p/W]</c>, N and W as of tiles.</summary>
    internal static string PathOf(Tile tile) => "payload" + tile.EntriesPath["tile/entries".Length..];

    /// <summary>Reads exactly <paramref name="count"/> payloads. Fault: malformed.</summary>
    internal static Outcome<IReadOnlyList<byte[]>> Read(ReadOnlySpan<byte> bundle, int count)
    {
        var payloads = new List<byte[]>(count);
        while (bundle.Length > 0)
        {
            var length = bundle.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32BigEndian(bundle);
            if (payloads.Count == count || bundle.Length < sizeof(uint) || length > bundle.Length - sizeof(uint))
                return Malformed(count);
            payloads.Add(bundle.Slice(sizeof(uint), (int)length).ToArray());
            bundle = bundle[(sizeof(uint) + (int)length)..];
        }

        return payloads.Count == count ? payloads : Malformed(count);
    }

    /// <summary>Writes them.</summary>
    internal static byte[] Write(IEnumerable<byte[]> payloads)
    {
        using var bundle = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(uint)];
        foreach (var payload in payloads)
        {
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)payload.Length);
            bundle.Write(length);
            bundle.Write(payload);
        }

        return bundle.ToArray();
    }

    private static Fault Malformed(int count) => new(FaultCodes.Malformed, $"This is no bundle of {count} payloads.", Culprit.Input);
}
