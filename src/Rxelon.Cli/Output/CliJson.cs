using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rxelon.Client.Ledger;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Output;

/// <summary>Documents that only the command line writes; the others are those of the HTTP API.</summary>
internal sealed record ErrorDocument(ErrorInfo Error);

internal sealed record ErrorInfo(string Code, string Message, string Culprit, bool Retryable, string? Hint);

internal sealed record ProfileDocument(AccountId Account, string Name, string Kind, string Hub, string? Fingerprint, string Profile, string File);

internal sealed record ValidationDocument(bool Valid, IReadOnlyList<SpecError> Errors);

internal sealed record PartReport(int Part, string Phase, int Attempt, NodeId? Node, string? NodeName, long? WallMillis, int? ExitCode, Tokens Cost,
    string? Stage = null, int? Round = null, int? CheckOf = null, int? ResultOf = null, UsageInfo? Usage = null)
{
    /// <summary>It compares results of the part in <see cref="CheckOf"/> and of its checks.</summary>
    public bool Compares { get; init; }
}

internal sealed record TaskReport(
    TaskId Task, string Name, string Phase, Tokens Hold, Tokens Cost, double? Seconds, FaultInfo? Reason,
    IReadOnlyList<PartReport> Parts, IReadOnlyList<string>? Files, ProgressInfo? Progress = null, IReadOnlyList<LogDocument>? LastLines = null);

/// <summary>A command that leaves nothing to show: what it was done to, and what was done.</summary>
internal sealed record DoneDocument(string Subject, string Done);

internal sealed record PendingDocument(IReadOnlyList<TaskId> Pending);

internal sealed record LogDocument(int Part, string Log, int? Attempt = null);

/// <summary>A checkpoint that was checked; Change: first, unchanged, newer or behind what was kept.</summary>
internal sealed record LedgerDocument(string Origin, ulong Size, string Root, string Block, string Change, IReadOnlyList<CosignerDocument> Cosigners);

internal sealed record CosignerDocument(string Name, DateTimeOffset At);

internal sealed record MirrorDocument(string Origin, ulong Size, string Root, string Change, int Files);

internal sealed record VkeyDocument(string Vkey);

internal sealed record ServingDocument(string Url);

internal sealed record WitnessDocument(string Vkey, IReadOnlyList<WitnessedDocument> Logs);

internal sealed record WitnessedDocument(string Origin, string Id, ulong Size, string? Root, string? Successor);

/// <summary>A receipt that was fetched: where it lies, and whether all its events are under a published checkpoint and paid.</summary>
internal sealed record ReceiptDocument(string Subject, string Status, bool Settled, int Entries, string? File);

/// <summary>What a manifest says against what is on the disk.</summary>
internal sealed record CheckDocument(TaskId Task, int Files, IReadOnlyList<FileTrouble> Troubles);

internal sealed record UnpackedDocument(string Directory, int Entries);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(ValidationDocument))]
[JsonSerializable(typeof(TaskReport))]
[JsonSerializable(typeof(DoneDocument))]
[JsonSerializable(typeof(PendingDocument))]
[JsonSerializable(typeof(LogDocument))]
[JsonSerializable(typeof(LogDocument[]))]
[JsonSerializable(typeof(LedgerDocument))]
[JsonSerializable(typeof(MirrorDocument))]
[JsonSerializable(typeof(VkeyDocument))]
[JsonSerializable(typeof(ServingDocument))]
[JsonSerializable(typeof(WitnessDocument))]
[JsonSerializable(typeof(ReceiptDocument))]
[JsonSerializable(typeof(UnpackedDocument))]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(ReceiptReport))]
[JsonSerializable(typeof(PayoutReport))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>Writes documents of the API and of this program alike.</summary>
internal static class Documents
{
    private static readonly JsonSerializerOptions Document = Options(indented: true);
    private static readonly JsonSerializerOptions Line = Options(indented: false);

    internal static string Write<T>(T value, bool indented)
        => JsonSerializer.Serialize(value, (JsonTypeInfo<T>)(indented ? Document : Line).GetTypeInfo(typeof(T)));

    private static JsonSerializerOptions Options(bool indented)
        => new(ApiJson.Default.Options)
        {
            WriteIndented = indented,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(ApiJson.Default, CliJson.Default),
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
}
