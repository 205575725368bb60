using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Api;

/// <summary>An encrypted blob by name and length.</summary>
public readonly record struct BlobInfo(BlobId Id, long Size);

/// <summary>POST /v1/quotes: what would this cost, when would it start, which nodes fit.</summary>
public sealed record QuoteRequest(TaskSpec Spec, int Parts);

/// <summary>
/// The ceiling to hold and the price terms, the nodes that fit, and in plain words why others do not.
/// Start estimate in seconds; null when unknown. A submission that carries <see cref="Token"/> until <see cref="ValidUntil"/> is
/// priced with this quote's demand multiplier, or the present one when that is lower.
/// </summary>
public sealed record QuoteResponse(
    Tokens Ceiling, Tokens PerPart, PriceTermsInfo Terms, int NodesFit, int NodesTotal, double? StartsInSeconds, IReadOnlyList<string> Reasons,
    string Token, DateTimeOffset ValidUntil);

/// <summary>See docs/design/pricing.md.</summary>
public sealed record PriceTermsInfo(Tokens MinAskPerCoreHour, Tokens MaxAskPerCoreHour, int DemandPermille, int TierPermille, int FeePermille);

/// <summary>
/// POST /v1/tasks. Every blob must have been stored before. <see cref="Spec"/> is the exact UTF-8 of the spec, base64;
/// <see cref="Signature"/> covers <c>SignedStatements.Submit</c>. <see cref="Quote"/> is the token of a quote for so many parts;
/// without one, or with one that is over, the demand of the moment counts. <see cref="VaultKey"/> is the task key sealed to the
/// hub's vault; under sealed custody there must be none. Repeating the same submission is harmless.
/// </summary>
public sealed record SubmitRequest(
    TaskId Task, byte[] Spec, IReadOnlyList<BlobInfo> Parts, BlobInfo Program, byte[] OwnerKey, Tokens Budget, byte[] Signature,
    string? Quote = null, byte[]? VaultKey = null);

/// <summary>The task as accepted; 201 the first time, 200 for a repeat.</summary>
public sealed record SubmitResponse(TaskId Task, string Phase, Tokens Hold);

/// <summary>GET /v1/tasks (newest first) and the head of GET /v1/tasks/{id}.</summary>
public sealed record TaskSummary(
    TaskId Task, string Name, string Kind, string Phase, int PartsTotal, int PartsAccepted, int PartsRunning, Tokens Hold, Tokens Cost,
    DateTimeOffset SubmittedAt, DateTimeOffset? EndedAt, FaultInfo? Reason);

/// <summary>A page of tasks; pass <see cref="Next"/> as <c>?after=</c> for the following page.</summary>
public sealed record TaskPage(IReadOnlyList<TaskSummary> Tasks, string? Next);

/// <summary>GET /v1/tasks/{id}.</summary>
public sealed record TaskResponse(
    TaskSummary Summary, TaskSpec Spec, bool Settled, bool Erased, BlobInfo Program, byte[] OwnerKey, IReadOnlyList<PartInfo> Parts, WhyInfo? Waiting,
    ProgressInfo? Progress = null);

/// <summary>
/// How far a task is, over all parts of its plan, and how long it may still take at the rate so far; null when that is unknown
/// (docs/design/logs.md).
/// </summary>
public sealed record ProgressInfo(int Percent, double? EtaSeconds);

/// <summary>
/// GET /v1/tasks/{id}/logs: the attempts that have logs. <see cref="Bytes"/> is over all of them and grows with every chunk; pass it as
/// <c>?after=</c> with <c>&amp;wait=</c> to wait for more.
/// </summary>
public sealed record TaskLogsResponse(string Phase, long Bytes, IReadOnlyList<AttemptLogInfo> Attempts);

/// <summary>One attempt's log: ciphertext bytes, and the number of its next chunk.</summary>
public sealed record AttemptLogInfo(int Part, int Attempt, long Bytes, uint Next);

/// <summary>
/// One part. <see cref="Input"/> is its own, of the submission; parts of later stages have none. <see cref="Stage"/> is null for the
/// task's own run, <see cref="Index"/> its number within stage and round, <see cref="Missing"/> how many results it still waits for.
/// <see cref="CheckOf"/>: it repeats that part to check it, and is nobody's result. <see cref="ResultOf"/>: its result is the one of
/// another part's attempt, whose numbers the key goes by. <see cref="Permille"/>: how far the running attempt says it is.
/// <see cref="Usage"/>: what its node says that it uses.
/// </summary>
public sealed record PartInfo(
    int Part, string Phase, int Attempt, NodeId? Node, BlobInfo? Input, BlobInfo? Result, Metering? Metering, Tokens Cost, FaultInfo? LastFault, BlobInfo? LastLog,
    string? Stage = null, int Round = 1, int? Index = null, int Missing = 0, int? CheckOf = null, ResultOrigin? ResultOf = null, int? Permille = null,
    UsageInfo? Usage = null)
{
    /// <summary>It compares the results of the part in <see cref="CheckOf"/> and of its checks, and runs nothing.</summary>
    public bool Compares { get; init; }
}

/// <summary>What a running attempt has used, or uses now: milliseconds and bytes, 0 where its sandbox cannot tell. A few seconds old at most.</summary>
public sealed record UsageInfo(long WallMillis, long CpuMillis, long Memory, long PeakMemory, long ReadBytes, long WrittenBytes, long StdoutBytes);

/// <summary>The part and attempt that a result comes from.</summary>
public readonly record struct ResultOrigin(int Part, int Attempt);

/// <summary>A fault on the wire: stable code, sentence, whose fault, whether a retry helps.</summary>
public sealed record FaultInfo(string Code, string Message, string Culprit, bool Retryable);

/// <summary>GET /v1/tasks/{id}/why: why it waits (or that it does not), in plain words.</summary>
public sealed record WhyInfo(string Code, string Sentence, double? EstimateSeconds);

/// <summary>PATCH /v1/tasks/{id}; a missing member leaves the value alone. Send an Idempotency-Key header.</summary>
public sealed record AdjustRequest(string? Tier = null, Tokens? BudgetMax = null, long? DeadlineSeconds = null);

/// <summary>
/// One server-sent event of GET /v1/tasks/{id}/events (event name "task", data this JSON, id a growing number). The first
/// one tells the present state; the stream ends after the task's end.
/// </summary>
public sealed record TaskNewsInfo(
    TaskId Task, string Phase, int PartsTotal, int PartsAccepted, int PartsRunning, Tokens Cost, FaultInfo? Reason, IReadOnlyList<PartInfo> Changed,
    ProgressInfo? Progress = null);

/// <summary>POST /v1/blobs/fetch: many small blobs in one answer (a pack, see <c>BlobPack</c>), in this order.</summary>
public sealed record FetchRequest(IReadOnlyList<BlobId> Blobs);

/// <summary>Answer to POST /v1/blobs/pack.</summary>
public sealed record PackResponse(IReadOnlyList<BlobInfo> Stored);
