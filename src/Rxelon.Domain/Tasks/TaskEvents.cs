using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// What happened to a task; kept for ever. A one-part task costs six events with its account's two: submitted, held,
/// assigned, keys released, accepted, settled. Lists let a batch of commands cost one event (<see cref="TaskCoalescing"/>).
/// </summary>
public interface ITaskEvent
{
    /// <summary>When it happened, on the hub's clock.</summary>
    DateTimeOffset At { get; }
}

/// <summary>A signed order was taken.</summary>
public sealed record TaskSubmitted(Submission Submission, PriceTerms Price, Tokens Hold, DateTimeOffset At) : ITaskEvent
{
    /// <summary>Draws the checks (<c>CheckDraw</c>); empty for a task that draws none.</summary>
    public byte[] CheckSeed { get; init; } = [];
}

/// <summary>
/// The list of parts grew by these, from index <paramref name="First"/> on: another round, or the stages that follow the rounds.
/// They are part of what the order was priced for.
/// </summary>
public sealed record PartsAdded(int First, IReadOnlyList<PartOrigin> Parts, DateTimeOffset At) : ITaskEvent;

/// <summary>One placement pass: each part gets the next attempt number.</summary>
public sealed record PartsAssigned(IReadOnlyList<Assigned> Parts, DateTimeOffset At) : ITaskEvent;

public readonly record struct Assigned(PartAttempt Attempt, NodeId Node, AccountId Operator, ulong Session, Tokens AskPerCoreHour);

/// <summary>
/// Part keys left the vault, or their owner's client, for these attempts, sealed to the named session keys. Happens once per attempt.
/// </summary>
public sealed record KeysReleased(IReadOnlyList<Released> Releases, DateTimeOffset At) : ITaskEvent;

public sealed record Released(PartAttempt Attempt, NodeId Node, byte[] SessionKey, bool ByOwner = false);

/// <summary>
/// Results that count, each with the node's signature and what it costs. The last one completes the task: what follows a round
/// is added before the round's last result is accepted.
/// </summary>
public sealed record PartsAccepted(IReadOnlyList<Accepted> Parts, DateTimeOffset At) : ITaskEvent;

public sealed record Accepted(
    PartAttempt Attempt, NodeId Node, AccountId Operator, BlobRef Result, Metering Metering, Tokens Cost, byte[] Signature, bool Stop = false);

/// <summary>
/// Results of a verified task that wait until others were reported too, each with the node's promise of an answer. They take no room
/// any more; what they cost is kept back.
/// </summary>
public sealed record PartsReported(IReadOnlyList<Reported> Parts, DateTimeOffset At) : ITaskEvent;

public sealed record Reported(Accepted Result, byte[] Commitment, byte[] CommitSignature);

/// <summary>Answers that fit what was promised.</summary>
public sealed record AnswersRevealed(IReadOnlyList<RevealedAnswer> Answers, DateTimeOffset At) : ITaskEvent;

public sealed record RevealedAnswer(PartAttempt Attempt, byte[] Nonce, Answer Answer);

/// <summary>Wrong answers: not paid. A part whose right result another gave is closed with it, at no cost; the others wait again.</summary>
public sealed record PartsRejected(IReadOnlyList<Rejected> Parts, DateTimeOffset At) : ITaskEvent;

/// <param name="Attempt">Whose result it was.</param>
/// <param name="Node">Its node.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="ClosedBy">The part whose accepted result is taken instead; null: the part waits again.</param>
/// <param name="Reason">A stable code.</param>
public sealed record Rejected(PartAttempt Attempt, NodeId Node, AccountId Operator, int? ClosedBy, string Reason);

/// <summary>
/// Copies of a part that nobody has to compute any more, since enough others agree, or since its twin was faster: closed with the right
/// result, at no cost. So a part is decided also where there are fewer operators than attempts were ordered.
/// </summary>
public sealed record PartsSpared(IReadOnlyList<Spared> Parts, DateTimeOffset At) : ITaskEvent;

/// <summary>A part and the one whose accepted result is taken instead.</summary>
/// <param name="Part">The part that is closed.</param>
/// <param name="ClosedBy">The one whose result it has now.</param>
/// <param name="Stopped">The number of its attempt that was under way; null: nobody computed it.</param>
public readonly record struct Spared(int Part, int ClosedBy, int? Stopped = null);

/// <summary>
/// An operator gave a wrong answer: its unchecked results of this task are taken back (those parts wait again), and what else it
/// earned here goes back to the owner. After a lie in another task, its checked results stay and are paid.
/// </summary>
public sealed record OperatorDistrusted(AccountId Operator, IReadOnlyList<int> Withdrawn, IReadOnlyList<int> Forfeited, DateTimeOffset At) : ITaskEvent
{
    /// <summary>The node that lied in another task, which its quarantine names; null when the lie was in this one.</summary>
    public NodeId? Elsewhere { get; init; }
}

/// <summary>Not kept: the node's record knows of the lie.</summary>
public sealed record AccusationRecorded(NodeId Node, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Not kept: no verdict is overdue before this.</summary>
public sealed record AnswersReviewed(DateTimeOffset? Next, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Attempts that ended without a result; a part with retries left waits again, otherwise <see cref="TaskEnded"/> follows.</summary>
public sealed record AttemptsFailed(IReadOnlyList<Failed> Failures, DateTimeOffset At) : ITaskEvent;

public sealed record Failed(PartAttempt Attempt, NodeId Node, Fault Fault, BlobRef? Log, byte[] Signature)
{
    /// <summary>It speaks against the program that the node was lost just then (<see cref="NodeDeaths"/>).</summary>
    public bool NodeDied { get; init; }

    /// <summary>What it left for the next attempt; null for nothing.</summary>
    public BlobRef? Checkpoint { get; init; }

    /// <summary>The node's signature of it.</summary>
    public byte[] CheckpointSignature { get; init; } = [];
}

/// <summary>A returning node goes on with these attempts under a new session.</summary>
public sealed record AttemptsResumed(IReadOnlyList<PartAttempt> Attempts, NodeId Node, ulong Session, DateTimeOffset At) : ITaskEvent
{
    /// <summary>Superseded attempts that the node still had: it was away, and did not die of them.</summary>
    public IReadOnlyList<PartAttempt> Survived { get; init; } = [];
}

public sealed record TaskAdjusted(string CommandId, Tier Tier, Tokens BudgetMax, Tokens Hold, long DeadlineSeconds, DateTimeOffset At) : ITaskEvent;

/// <summary>The task ended without completing: failed, cancelled or expired. Completion needs no event of its own.</summary>
public sealed record TaskEnded(TaskPhase Phase, Fault Reason, DateTimeOffset At) : ITaskEvent;

/// <summary>A settlement other than the last is booked; the last one is booked by the account's own closing event.</summary>
public sealed record SettlementRecorded(int Number, IReadOnlyList<int> Parts, DateTimeOffset At) : ITaskEvent;

/// <summary>Ciphertext and wrapped keys are destroyed; the record of what happened stays.</summary>
public sealed record TaskErased(string Reason, DateTimeOffset At) : ITaskEvent
{
    /// <summary>The reason when nobody asked: the time for which results were to be kept is over.</summary>
    public const string Retention = "retention";
}

/// <summary>Not kept: the account says that the hold is in place.</summary>
public sealed record HoldConfirmed(DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>
/// Not kept: all accepted parts up to this count are to be paid now, and with <see cref="Close"/> the rest freed. Sending and
/// resending follows from the durable state.
/// </summary>
public sealed record SettlementDue(int Number, bool Close, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Not kept: the account has closed the hold; nothing is owed any more.</summary>
public sealed record TaskSettled(DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Not kept: no running part is slow enough for a twin before this.</summary>
public sealed record StragglersReviewed(DateTimeOffset? Next, DateTimeOffset At) : ITaskEvent, IVolatileEvent;

/// <summary>Not kept: no running attempt has a time limit before this.</summary>
public sealed record LimitsReviewed(DateTimeOffset? Next, DateTimeOffset At) : ITaskEvent, IVolatileEvent;
