using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>What the shell does for a task once its events are durable. All are safe to repeat.</summary>
public interface ITaskEffect;

/// <summary>To the owner's account; answered by <see cref="HoldAnswered"/>.</summary>
public sealed record HoldFunds(AccountId Owner, Tokens Amount) : ITaskEffect;

/// <summary>To the owner's account: change the hold to this ceiling.</summary>
public sealed record AdjustHold(AccountId Owner, Tokens Amount, string CommandId) : ITaskEffect;

/// <summary>
/// To the owner's account: pay for these parts; the last one closes the hold. <see cref="Number"/> is how many accepted parts
/// are paid once it is booked. Answered by <see cref="SettlementBooked"/>.
/// </summary>
public sealed record Settle(AccountId Owner, int Number, IReadOnlyList<PayLine> Lines, bool Close) : ITaskEffect;

/// <summary>
/// To the node router, once <see cref="When"/> has come: which of these sessions are not live? Tell the task by
/// <see cref="LoseSessions"/>. Owed after recovery; the wait gives nodes time to reconnect and resume.
/// </summary>
public sealed record CheckSessions(IReadOnlyList<(NodeId Node, ulong Session)> Sessions, DateTimeOffset When) : ITaskEffect;

/// <summary>To the matchmaker: these parts wait. No parts at all: forget the task.</summary>
public sealed record Demand(TaskDemand Parts) : ITaskEffect;

/// <summary>To the node router: begin these attempts, all of one stage.</summary>
public sealed record StartAttempts(NodeId Node, ulong Session, StageTerms Stage, IReadOnlyList<StartedPart> Attempts) : ITaskEffect;

/// <summary>An attempt with what its program gets.</summary>
public sealed record StartedPart(PartAttempt Attempt, PartOrigin Origin, PartInput Input)
{
    /// <summary>Its results are to be compared within this, and nothing is run; null: run the program.</summary>
    public decimal? Tolerance { get; init; }

    /// <summary>What it begins from, left by an earlier attempt; null: from the input.</summary>
    public PartCheckpoint? Checkpoint { get; init; }

    /// <summary>An attempt of a part that the submission named.</summary>
    public static StartedPart Plain(PartAttempt attempt, BlobRef input) => new(attempt, PartOrigin.Submitted(attempt.Part), new PartInput(input));
}

/// <summary>To the vault, then the node: seal and send these attempts' keys.</summary>
public sealed record GrantKeys(NodeId Node, ulong Session, byte[] SessionKey, IReadOnlyList<PartAttempt> Attempts) : ITaskEffect;

/// <summary>To the node, as they are: keys that the owner's client sealed to it. They are kept nowhere.</summary>
public sealed record PassGrants(NodeId Node, ulong Session, IReadOnlyList<(PartAttempt Attempt, IReadOnlyList<byte[]> Pages)> Grants) : ITaskEffect;

/// <summary>To whatever session the node has: show what was promised for these attempts.</summary>
public sealed record RequestReveals(NodeId Node, IReadOnlyList<PartAttempt> Attempts) : ITaskEffect;

/// <summary>To the node's entity: it gave a wrong answer. Answered by <see cref="AccusationHeard"/>; owed until then.</summary>
public sealed record Accuse(NodeId Node, PartAttempt Attempt, string Reason, DateTimeOffset JudgedAt) : ITaskEffect;

/// <summary>To the node router: stop these attempts.</summary>
public sealed record StopAttempts(NodeId Node, ulong Session, IReadOnlyList<PartAttempt> Attempts, string Reason) : ITaskEffect;

/// <summary>
/// To the matchmaker: these attempts no longer take room on the node (accepted, failed, stopped). Without a fault, what it held against
/// the node is forgiven.
/// </summary>
public sealed record FreeRoom(NodeId Node, ulong Session, IReadOnlyList<PartAttempt> Attempts, Fault? Fault) : ITaskEffect;

/// <summary>To the blob store and the vault: destroy what this task stored.</summary>
public sealed record EraseBlobs(AccountId Owner, IReadOnlyList<BlobRef> Blobs) : ITaskEffect;

/// <summary>To the blob store: nobody needs these any more. What is lost of it is done again by <see cref="EraseBlobs"/>.</summary>
public sealed record DropBlobs(AccountId Owner, IReadOnlyList<BlobRef> Blobs) : ITaskEffect;

/// <summary>To watchers: something visible changed.</summary>
public sealed record Announce(TaskNews News) : ITaskEffect;

/// <summary>Wake the entity at this time (the nearest deadline); replaces the earlier wake-up.</summary>
public sealed record WakeAt(DateTimeOffset When) : ITaskEffect;

/// <summary>Nothing is left to do: the entity may leave memory.</summary>
public sealed record Rest : ITaskEffect;

/// <summary>
/// What the matchmaker needs to know of a task's waiting parts: those that are ready, of the first stage that has any, whose
/// terms <paramref name="Spec"/> holds. The next stage's are told once these are placed.
/// </summary>
public sealed record TaskDemand(
    TaskId Task,
    AccountId Owner,
    TaskSpec Spec,
    Tier Tier,
    DateTimeOffset SubmittedAt,
    Tokens MaxAskPerCoreHour,
    IReadOnlyList<int> Waiting,
    int Running,
    NodeId? StickTo,
    IReadOnlyDictionary<int, IReadOnlyList<NodeId>> Avoid)
{
    /// <summary>Parts that must not go to an operator that has another part of the same group.</summary>
    public IReadOnlyDictionary<int, PartGroup> Apart { get; init; } = new Dictionary<int, PartGroup>();

    /// <summary>Parts that must not go where <see cref="Avoid"/> says, even if no other node could take them: their twin runs there.</summary>
    public IReadOnlySet<int> Paired { get; init; } = new HashSet<int>();

    /// <summary>
    /// Null: this replaces what was known of the task. Otherwise it is a change: <see cref="Waiting"/> wait too (or as said anew here), these wait
    /// no more, and of the others all stays as it was.
    /// </summary>
    public IReadOnlyList<int>? Gone { get; init; }

    /// <summary>Where to begin looking for nodes of parts that are kept apart; nodes do not see it.</summary>
    public ulong Draw { get; init; }

    /// <summary>Operators that get none of this task's parts.</summary>
    public IReadOnlySet<AccountId> Distrusted { get; init; } = new HashSet<AccountId>();
}

/// <summary>A part and its checks: the group's number (the part that is checked) and the operators that have one of it already.</summary>
public sealed record PartGroup(int Number, IReadOnlyList<AccountId> Operators);

/// <summary>A change for watchers: counts (checks left out), phase, and the parts that changed.</summary>
public sealed record TaskNews(
    TaskId Task, TaskPhase Phase, int PartsTotal, int PartsAccepted, int PartsRunning, Tokens Cost, Fault? Reason,
    IReadOnlyList<PartView> Changed, StagePlan Plan, DateTimeOffset At);
