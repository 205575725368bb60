using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>Asks a task to do something. <see cref="At"/> is the hub's clock when the command was made.</summary>
public interface ITaskCommand
{
    /// <summary>The task asked.</summary>
    TaskId Task { get; }

    /// <summary>When the command was made.</summary>
    DateTimeOffset At { get; }
}

/// <summary>
/// From the gateway: a signed submission whose blobs are all stored. Repeating it is answered with the first outcome;
/// the same id with other content is a conflict.
/// </summary>
public sealed record SubmitTask(TaskId Task, Submission Submission, PriceTerms Price, Tokens Hold, DateTimeOffset At) : ITaskCommand
{
    /// <summary>32 random bytes to draw checks from, when the task draws any.</summary>
    public byte[] CheckSeed { get; init; } = [];
}

/// <summary>What the user ordered, exactly as signed, and the keys that came with it.</summary>
public sealed record Submission(
    AccountId Owner,
    byte[] SpecBytes,
    IReadOnlyList<BlobRef> Parts,
    BlobRef Program,
    byte[] VaultKey, // empty when the CHS must not have it
    byte[] OwnerKey,
    Tokens Budget,
    byte[] SigningKey,
    byte[] Signature)
{
    private TaskSpec? _spec;
    private StagePlan? _plan;

    /// <summary>The spec that <see cref="SpecBytes"/> hold, parsed once; throws when they do not parse.</summary>
    public TaskSpec Spec => _spec ??= TaskSpec.Parse(SpecBytes).Value;

    /// <summary>Its stages, computed once; throws when they make no sense.</summary>
    public StagePlan Plan => _plan ??= StagePlan.Of(Spec, Parts.Count).Value;
}

/// <summary>
/// From the owner's account: the hold is in place, or was refused; the ceiling it has now (zero when there is none); and which
/// change of it is answered (null: the hold itself).
/// </summary>
public sealed record HoldAnswered(TaskId Task, Fault? Refusal, Tokens Held, string? Change, DateTimeOffset At) : ITaskCommand;

/// <summary>From the matchmaker: one placement pass for this task. Parts that are no longer waiting are left out of the outcome.</summary>
public sealed record PlaceParts(TaskId Task, IReadOnlyList<Placed> Parts, DateTimeOffset At) : ITaskCommand;

/// <summary>One part on one node's session, at that operator's ask.</summary>
public readonly record struct Placed(int Part, NodeId Node, AccountId Operator, ulong Session, Tokens AskPerCoreHour);

/// <summary>
/// From a node session: these attempts hold their verified ciphertext and want their keys. <see cref="Proof"/> is what the
/// owner's client checks under sealed custody.
/// </summary>
public sealed record ReleaseKeys(
    TaskId Task, NodeId Node, ulong Session, byte[] SessionKey, IReadOnlyList<PartAttempt> Attempts, DateTimeOffset At,
    SessionProof? Proof = null) : ITaskCommand;

/// <summary>A part and the number of one of its attempts.</summary>
public readonly record struct PartAttempt(int Part, int Number);

/// <summary>From a node session, which has verified signature and hash and stored the ciphertext: results to accept.</summary>
public sealed record AcceptResults(TaskId Task, NodeId Node, IReadOnlyList<ReportedResult> Results, DateTimeOffset At) : ITaskCommand;

/// <summary>One signed result. <paramref name="Stop"/>: it has the file that ends the rounds.</summary>
public sealed record ReportedResult(PartAttempt Attempt, BlobRef Result, Metering Metering, byte[] Signature, bool Stop = false)
{
    /// <summary>In a verified task: the promise of an answer, and the node's signature of it.</summary>
    public (byte[] Commitment, byte[] Signature)? Promise { get; init; }

    /// <summary>Of a comparison: which results are equal, and the node's signature of it.</summary>
    public (IReadOnlyList<IReadOnlyList<PartAttempt>> Classes, byte[] Signature)? Compared { get; init; }
}

/// <summary>From a node session: what the node promised, now shown.</summary>
public sealed record RevealAnswers(TaskId Task, NodeId Node, IReadOnlyList<RevealedAnswer> Answers, DateTimeOffset At) : ITaskCommand;

/// <summary>From a node's record: it knows that the node gave a wrong answer here, durably (or that there is no such node).</summary>
public sealed record AccusationHeard(TaskId Task, NodeId Node, DateTimeOffset At) : ITaskCommand;

/// <summary>
/// From a node's record: this operator's node gave a wrong answer in another task. What nobody checked of the operator's results here does not
/// count any more, if the task was submitted before <paramref name="Since"/>.
/// </summary>
public sealed record DistrustOperator(
    TaskId Task, AccountId Operator, NodeId Node, TaskId LiedIn, DateTimeOffset Since, DateTimeOffset At) : ITaskCommand;

/// <summary>From a node session (signed by the node), from the session's end (node lost), or from the clock (time limit).</summary>
public sealed record FailAttempts(TaskId Task, NodeId Node, IReadOnlyList<FailedAttempt> Failures, DateTimeOffset At) : ITaskCommand;

/// <summary>One attempt that ended without a result.</summary>
public sealed record FailedAttempt(PartAttempt Attempt, Fault Fault, BlobRef? Log, byte[] Signature)
{
    /// <summary>The hub watched the node's session end in silence: not a drain, a farewell, a hub's restart or an order.</summary>
    public bool NodeDied { get; init; }

    /// <summary>What the program left to be continued elsewhere; stored already.</summary>
    public BlobRef? Checkpoint { get; init; }

    /// <summary>The node's signature of it.</summary>
    public byte[] CheckpointSignature { get; init; } = [];
}

/// <summary>
/// From a new session of a node that was away: which attempts it still runs. Those that are still current move to the
/// new session, current ones that it does not name are lost, and the reply tells which of the named are to be stopped.
/// </summary>
public sealed record ResumeAttempts(
    TaskId Task, NodeId Node, ulong Session, IReadOnlyList<PartAttempt> Running, DateTimeOffset At) : ITaskCommand
{
    /// <summary>The node was heard until now, and this is another process of it: the earlier one ended without a word.</summary>
    public bool NodeDied { get; init; }
}

/// <summary>
/// From the shell, in answer to <see cref="CheckSessions"/>: these sessions are not live, so attempts still placed on
/// exactly them are lost. Attempts that were resumed by a newer session are left alone.
/// </summary>
public sealed record LoseSessions(
    TaskId Task, IReadOnlyList<(NodeId Node, ulong Session)> Sessions, DateTimeOffset At) : ITaskCommand;

/// <summary>From the owner: change what lives. Null leaves a value alone. <see cref="CommandId"/> makes repeats harmless.</summary>
public sealed record AdjustTask(
    TaskId Task, AccountId By, string CommandId, Tier? Tier, Tokens? BudgetMax, long? DeadlineSeconds, DateTimeOffset At) : ITaskCommand;

/// <summary>From the owner (or an admin): stop, pay for what was finished, free the rest.</summary>
public sealed record CancelTask(TaskId Task, AccountId? By, DateTimeOffset At) : ITaskCommand;

/// <summary>From the owner, the account's closure or retention: destroy ciphertext and keys. Only an ended task can be erased.</summary>
public sealed record EraseTask(TaskId Task, AccountId? By, string Reason, DateTimeOffset At) : ITaskCommand;

/// <summary>From the owner's account: this settlement is booked (first time or repeat), and whether the hold is closed by it.</summary>
public sealed record SettlementBooked(TaskId Task, int Number, bool Closed, DateTimeOffset At) : ITaskCommand;

/// <summary>From the entity's own timer or the scanner: look at deadlines, and at whatever is owed.</summary>
public sealed record WakeTask(TaskId Task, DateTimeOffset At) : ITaskCommand;

/// <summary>Asks for <see cref="TaskView"/>; changes nothing. Null <see cref="By"/> is the hub itself.</summary>
public sealed record GetTask(TaskId Task, AccountId? By, DateTimeOffset At) : ITaskCommand, IQuery;
