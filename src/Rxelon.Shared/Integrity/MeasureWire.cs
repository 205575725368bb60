using Google.Protobuf;
using Rxelon.Shared.Wire;

namespace Rxelon.Shared.Integrity;

/// <summary>Measures and heads as frames carry them. Reading gives null for anything malformed.</summary>
public static class MeasureWire
{
    private const int DigestSize = 32;
    private const int NonceSize = 16;
    private const int SignatureSize = 64;
    private const int Most = 16;
    private const int LongestName = 128;

    /// <summary>The report with its signature.</summary>
    public static MeasureReport ToWire(this Measures m, byte[] signature)
    {
        var report = new MeasureReport
        {
            Nonce = ByteString.CopyFrom(m.Nonce),
            UnixMillis = m.UnixMillis,
            Log = new LogState
            {
                From = m.Log.From,
                Count = m.Log.Count,
                Hash = ByteString.CopyFrom(m.Log.Hash),
                BrokenAt = m.Log.BrokenAt,
                AskedCount = m.Log.AskedCount,
                AskedHash = ByteString.CopyFrom(m.Log.AskedHash),
            },
            Signature = ByteString.CopyFrom(signature),
        };
        report.Groups.AddRange(m.Groups.Select(g => new MeasuredGroup { Group = g.Group, Digest = ByteString.CopyFrom(g.Digest) }));
        report.Announced.AddRange(m.Announced);
        report.Images.AddRange(m.Images.Select(i => new MeasuredImage { Image = i.Image, Content = ByteString.CopyFrom(i.Content) }));
        return report;
    }

    /// <summary>What the report says; its signature is not checked here.</summary>
    public static Measures? Read(this MeasureReport r)
    {
        if (r.Nonce.Length != NonceSize || r.Signature.Length != SignatureSize || r.Log is null || r.Log.Hash.Length != DigestSize
            || r.Log.AskedHash.Length is not (0 or DigestSize) || r.Log.From > r.Log.Count || r.Log.Count > long.MaxValue
            || r.Groups.Count > Most || r.Groups.Any(g => g.Group.Length > LongestName || g.Digest.Length != DigestSize)
            || r.Announced.Count > Most || r.Announced.Any(a => a.Length > LongestName)
            || r.Images.Count > Most || r.Images.Any(i => i.Image.Length > LongestName || i.Content.Length is not (0 or DigestSize)))
            return null;
        return new Measures(
            r.Nonce.ToByteArray(), r.UnixMillis, [.. r.Groups.Select(g => new GroupDigest(g.Group, g.Digest.ToByteArray()))],
            [.. r.Announced], [.. r.Images.Select(i => new ImageDigest(i.Image, i.Content.ToByteArray()))],
            new LogPosition(
                r.Log.From, r.Log.Count, r.Log.Hash.ToByteArray(), r.Log.BrokenAt, r.Log.AskedCount, r.Log.AskedHash.ToByteArray()));
    }

    /// <summary>A head for the hub.</summary>
    public static SignedHead ToWire(this OperationHead h) => new()
    {
        Count = h.Count,
        Hash = ByteString.CopyFrom(h.Hash),
        UnixMillis = h.UnixMillis,
        Signature = ByteString.CopyFrom(h.Signature),
    };

    /// <summary>The head; its signature is not checked here.</summary>
    public static OperationHead? Read(this SignedHead? h)
        => h is null || h.Hash.Length != DigestSize || h.Signature.Length != SignatureSize || h.Count > long.MaxValue
            ? null
            : new OperationHead(h.Count, h.Hash.ToByteArray(), h.UnixMillis, h.Signature.ToByteArray());
}
