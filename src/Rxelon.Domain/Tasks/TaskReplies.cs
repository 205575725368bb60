using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>Where a task is. The first five are alive.</summary>
public enum TaskPhase
{
    None = 0,

    /// <summary>Recorded; the account has not answered the hold yet.</summary>
    Submitted = 1,

    /// <summary>Paid for; no part has been placed.</summary>
    Queued = 2,

    /// <summary>At least one part was placed.</summary>
    Running = 3,
    Completed = 10,
    Failed = 11,
    Cancelled = 12,
    Expired = 13,
}

/// <summary>Where a part is.</summary>
public enum PartPhase
{
    Waiting = 0,
    Assigned = 1,
    KeyReleased = 2,
    Accepted = 3,

    /// <summary>The task ended without it.</summary>
    Abandoned = 4,

    /// <summary>A result is there and waits for others to agree.</summary>
    Reported = 5,
}

/// <summary>Answers a task command.</summary>
public abstract record TaskReply(TaskId Task);

/// <summary>Done now or earlier (a repeat gets the first outcome).</summary>
public sealed record TaskOk(TaskId Task, TaskPhase Phase) : TaskReply(Task);

/// <summary>Refused; nothing changed.</summary>
public sealed record TaskRefused(TaskId Task, Fault Fault) : TaskReply(Task);

/// <summary>Which of a placement pass was recorded; the matchmaker frees the rest.</summary>
public sealed record PartsPlaced(TaskId Task, IReadOnlyList<Assigned> Placed, IReadOnlyList<Placed> Refused) : TaskReply(Task);

/// <summary>Per attempt: accepted (or accepted before), or why not. Goes to the node as its acknowledgement.</summary>
public sealed record ResultsAnswered(TaskId Task, IReadOnlyList<(PartAttempt Attempt, Fault? Refusal)> Answers) : TaskReply(Task);

/// <summary>Which of the named attempts the node must stop.</summary>
public sealed record AttemptsSorted(TaskId Task, IReadOnlyList<PartAttempt> Stop) : TaskReply(Task);

/// <summary>The task as its owner may see it.</summary>
public sealed record TaskView(
    TaskId Task,
    AccountId Owner,
    TaskSpec Spec,
    TaskPhase Phase,
    Fault? Reason,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    Tokens Hold,
    Tokens Cost,
    bool Settled,
    bool Erased,
    BlobRef Program,
    byte[] OwnerKey,
    IReadOnlyList<PartView> Parts) : TaskReply(Task)
{
    /// <summary>The task's stages.</summary>
    public required StagePlan Plan { get; init; }

    /// <summary>Parts stand still until the owner's client hands over keys.</summary>
    public bool AwaitsOwner { get; init; }

    /// <summary>Results differ and wait for the owner's client to compare them.</summary>
    public bool AwaitsComparison { get; init; }

    /// <summary>The round under way or last computed.</summary>
    public int Round { get; init; } = 1;

    /// <summary>Logs that failures brought, where they have a time of their own (<see cref="Retention.LogsSeconds"/>); else none.</summary>
    public IReadOnlyList<BlobRef> FailureLogs { get; init; } = [];
}

/// <summary>
/// One part: its phase, current or last attempt, and its result once accepted. <paramref name="Missing"/>: how many of the results
/// that it needs are not there yet.
/// </summary>
public sealed record PartView(
    int Part, PartOrigin Origin, int Missing, PartPhase Phase, int Attempt, NodeId? Node, PartInput Input, BlobRef? Result, Metering? Metering, Tokens Cost, Fault? LastFault, BlobRef? LastLog)
{
    /// <summary>Whose result it has, when that is another part's attempt: its own was wrong.</summary>
    public PartAttempt? ResultOf { get; init; }
}
