using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
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
public sealed record TaskSubmitted(Submission Submission, PriceTerms Price, Tokens Hold, DateTimeOffset At) : ITaskEvent;

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

/// <summary>Attempts that ended without a result; a part with retries left waits again, otherwise <see cref="TaskEnded"/> follows.</summary>
public sealed record AttemptsFailed(IReadOnlyList<Failed> Failures, DateTimeOffset At) : ITaskEvent;

public sealed record Failed(PartAttempt Attempt, NodeId Node, Fault Fault, BlobRef? Log, byte[] Signature);

/// <summary>A returning node goes on with these attempts under a new session.</summary>
public sealed record AttemptsResumed(IReadOnlyList<PartAttempt> Attempts, NodeId Node, ulong Session, DateTimeOffset At) : ITaskEvent;

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

/// <summary>Not kept: no running attempt has a time limit before this.</summary>
public sealed record LimitsReviewed(DateTimeOffset? Next, DateTimeOffset At) : ITaskEvent, IVolatileEvent;
