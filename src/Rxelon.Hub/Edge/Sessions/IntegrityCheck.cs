using Rxelon.Domain.Nodes;
using Rxelon.Hub.Integrity;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Pure checks of what a node says about itself (docs/design/integrity.md).</summary>
internal static class IntegrityCheck
{
    /// <summary>The report, or null when it is malformed, answers another nonce or is not signed by that identity.</summary>
    internal static Measures? Read(MeasureReport report, NodeId node, ReadOnlySpan<byte> identityKey, ReadOnlySpan<byte> nonce)
        => report.Read() is { } measures && nonce.SequenceEqual(measures.Nonce)
            && Signatures.Verify(identityKey, IntegrityStatements.Measure(node, measures), report.Signature.Span) ? measures : null;

    /// <summary>The head that the node's log is held to: the store's, or the journal's where that is further or the store was lost. Null: none yet.</summary>
    internal static OperationHead? HeldTo(NodeView view, KeptHead? kept)
    {
        var store = kept is not null && kept.At >= view.LogSince ? kept.Head : null;
        return store is null || view.Log?.Count > store.Count ? view.Log : store;
    }

    /// <summary>True when an admin let the log begin anew and that has not happened yet.</summary>
    internal static bool BeginsAnew(NodeView view, OperationHead? head) => head is null && view.LogSince != default;

    /// <summary>What is wrong with where the log stands, or null.</summary>
    internal static IntegrityAlarm? OfLog(LogPosition log, OperationHead? head, DateTimeOffset now)
    {
        var held = head?.Hash ?? [];
        if (log.BrokenAt != 0)
            return new IntegrityAlarm(
                AlarmCodes.LogAltered, $"record {log.BrokenAt}", held, log.Hash, $"record {log.BrokenAt} of the operation log is not what was written.", now);
        if (head is not null && log.Count < head.Count)
            return new IntegrityAlarm(
                AlarmCodes.LogTruncated, $"record {log.Count + 1}", held, log.Hash, $"the operation log ends at record {log.Count}; the hub holds {head.Count}.", now);
        if (log.From > (head?.Count ?? 0))
            return new IntegrityAlarm(
                AlarmCodes.LogGap, $"record {(head?.Count ?? 0) + 1}", held, log.Hash, $"records {(head?.Count ?? 0) + 1} to {log.From} of the operation log never reached the hub.", now);
        if (head is not null && log.Count == head.Count && !log.Hash.AsSpan().SequenceEqual(head.Hash))
            return Forked(head.Count, head.Hash, log.Hash, now);
        return null;
    }

    /// <summary>Another history than the one that was acknowledged.</summary>
    internal static IntegrityAlarm Forked(ulong count, byte[] expected, byte[] seen, DateTimeOffset now) => new(
        AlarmCodes.LogForked, $"record {count}", expected, seen, $"the operation log up to record {count} is not the one that was acknowledged or signed.", now);

    /// <summary>An image whose content is not what its name says, or null.</summary>
    internal static IntegrityAlarm? OfImage(ImageDigest image, DateTimeOffset now)
    {
        var name = image.Image.StartsWith("sha256:", StringComparison.Ordinal) && image.Image.Length == 71 ? image.Image[7..] : null;
        if (name is null || image.Content.Length == 0 || Convert.ToHexStringLower(image.Content) == name)
            return null;
        return new IntegrityAlarm(
            AlarmCodes.ImageAltered, image.Image, Convert.FromHexString(name), image.Content, $"the content of image {image.Image} is not what its digest says.", now);
    }

    /// <summary>A hello without measures from a node that is compared with some, or null.</summary>
    internal static IntegrityAlarm? OfSilence(NodeView view, DateTimeOffset now) => view.Baseline is null ? null : new IntegrityAlarm(
        AlarmCodes.MeasuresMissing, MeasureGroups.Application, view.Baseline.Of(MeasureGroups.Application) ?? [], [],
        "the node measured itself before and does not any more.", now);

    internal static Fault Unsigned { get; } = new(
        FaultCodes.BadSignature, "The node's measures are malformed, answer another nonce, or are not signed by its identity.", Culprit.Node);
}
