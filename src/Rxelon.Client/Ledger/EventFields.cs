using System.Globalization;
using Google.Protobuf;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Fields of events as values. Whoever wrote the event may have put anything there, so every reader says null instead of throwing.
/// </summary>
internal static class EventFields
{
    internal const string TaskPrefix = "task-";
    internal const string AccountPrefix = "account-";
    internal const string NodePrefix = "node-";

    private const int IdSize = 16;

    internal static TaskId? TaskOf(string entity)
        => entity.StartsWith(TaskPrefix, StringComparison.Ordinal) && TaskId.TryParse(entity[TaskPrefix.Length..], out var task) ? task : null;

    internal static AccountId? AccountOf(string entity)
        => entity.StartsWith(AccountPrefix, StringComparison.Ordinal) && AccountId.TryParse(entity[AccountPrefix.Length..], out var account) ? account : null;

    internal static NodeId? NodeOf(string entity)
        => entity.StartsWith(NodePrefix, StringComparison.Ordinal) && NodeId.TryParse(entity[NodePrefix.Length..], out var node) ? node : null;

    internal static TaskId? Task(ByteString id) => IsId(id) ? TaskId.FromBytes(id.Span) : null;

    internal static AccountId? Account(ByteString id) => IsId(id) ? AccountId.FromBytes(id.Span) : null;

    internal static NodeId? Node(ByteString id) => IsId(id) ? NodeId.FromBytes(id.Span) : null;

    internal static BlobRef? Blob(Proto.Blob? blob)
        => blob?.Id.Length == BlobId.Size ? new BlobRef(BlobId.FromDigest(blob.Id.Span), blob.Size) : null;

    internal static Metering Metering(Proto.Metering? m)
        => m is null ? default : new(m.WallMillis, m.CpuMillis, m.PeakMemory, m.Fuel, m.InputBytes, m.OutputBytes, m.ExitCode);

    /// <summary>The terms, when they can be terms at all: nothing negative, bounds in order.</summary>
    internal static PriceTerms? Terms(Proto.PriceTerms? p)
        => p is null || p.MinAsk < 0 || p.MaxAsk < p.MinAsk || p.DemandPermille < 0 || p.TierPermille < 0 || p.FeePermille < 0
            ? null
            : new(new Tokens(p.MinAsk), new Tokens(p.MaxAsk), p.DemandPermille, p.TierPermille, p.FeePermille);

    /// <summary>The spec, when it is one and has what a price needs.</summary>
    internal static TaskSpec? Spec(ByteString bytes)
        => TaskSpec.Parse(bytes.Span) is { IsOk: true, Value: { Name: not null, Limits: not null, Budget: not null } spec } ? spec : null;

    internal static string Money(long micros) => $"{new Tokens(micros)} tokens";

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text from others: control characters are shown as '?', so that a terminal obeys nobody; at most 200 characters.</summary>
    internal static string Harmless(string text)
        => string.Concat((text.Length > MaxText ? text[..MaxText] + "…" : text).Select(c => char.IsControl(c) ? '?' : c));

    private const int MaxText = 200;

    private static bool IsId(ByteString id) => id.Length == IdSize && id.Span.ContainsAnyExcept((byte)0);
}
