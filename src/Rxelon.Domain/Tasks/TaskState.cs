using System.Collections.Immutable;
using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>A settlement under way: how many accepted parts it pays up to, whether it closes the hold, and when it was sent.</summary>
public sealed record SettlementInFlight(int Number, bool Close, DateTimeOffset At);

/// <summary>
/// A task as its events tell it. Immutable; changed copies share the parts that did not change. The members marked
/// "not kept" come from <see cref="IVolatileEvent"/>s and start anew after recovery.
/// </summary>
public sealed record TaskState
{
    private TaskState(TaskId id) => Id = id;

    public TaskId Id { get; }

    /// <summary>Null until submitted.</summary>
    public Submission? Submission { get; init; }

    /// <summary>The terms as submitted, at the present tier.</summary>
    public PriceTerms Price { get; init; } = new(default, default, 1000, 1000, 0);

    public Tier Tier { get; init; }

    /// <summary>The ceiling of all charges; never above what the account holds.</summary>
    public Tokens Hold { get; init; }

    /// <summary>What the owner allows; the hold follows once the account has more.</summary>
    public Tokens BudgetMax { get; init; }

    /// <summary>Another hold that the owner asked for and the account has not answered.</summary>
    public HoldWish? Wish { get; init; }

    /// <summary>The most the next attempt of a part may be paid.</summary>
    public HoldShares Shares { get; init; }

    /// <summary>Weight of the parts that have neither a result nor an attempt under way, those that may still be added included.</summary>
    public Int128 OpenWeight { get; init; }

    /// <summary>Weight of the attempts under way.</summary>
    public Int128 RunningWeight { get; init; }

    public long DeadlineSeconds { get; init; }

    public DateTimeOffset SubmittedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How it ended other than by completing.</summary>
    public TaskEnded? Ended { get; init; }

    public bool Erased { get; init; }

    public PersistentVector<PartState> Parts { get; init; } = PersistentVector<PartState>.Empty;

    /// <summary>Where each stage's parts of the latest round begin; -1 before they exist.</summary>
    public ImmutableArray<int> StageStarts { get; init; } = [0];

    /// <summary>The round under way, from 1.</summary>
    public int Round { get; init; } = 1;

    /// <summary>Which parts still wait for a part's result.</summary>
    public ImmutableDictionary<int, ImmutableArray<int>> Dependents { get; init; } = ImmutableDictionary<int, ImmutableArray<int>>.Empty;

    /// <summary>Ready parts of each stage; empty in a task of one stage, where all that waits is ready.</summary>
    public ImmutableArray<int> ReadyCounts { get; init; } = [];

    /// <summary>With rotating keys: the first part, checks left out, without a result (<see cref="TaskRotation"/>); else 0.</summary>
    public int Gate { get; init; }

    /// <summary>The task's seed for drawing checks; empty when it draws none.</summary>
    public byte[] CheckSeed { get; init; } = [];

    /// <summary>The checks of each part that has some.</summary>
    public ImmutableDictionary<int, ImmutableArray<int>> Checks { get; init; } = ImmutableDictionary<int, ImmutableArray<int>>.Empty;

    /// <summary>The comparisons of each part that has some.</summary>
    public ImmutableDictionary<int, ImmutableArray<int>> Comparisons { get; init; } = ImmutableDictionary<int, ImmutableArray<int>>.Empty;

    /// <summary>How many parts have a result that waits for a verdict.</summary>
    public int AnsweredCount { get; init; }

    /// <summary>Sum of the charges of those results; part of <see cref="Reserved"/>.</summary>
    public Tokens AnsweredCost { get; init; }

    /// <summary>No verdict is overdue before this (it may be early, never late).</summary>
    public DateTimeOffset? AnswersDue { get; init; }

    /// <summary>What each operator has earned in this task so far: what it stands to lose. Kept for adaptive checks only.</summary>
    public ImmutableDictionary<AccountId, Tokens> EarnedBy { get; init; } = ImmutableDictionary<AccountId, Tokens>.Empty;

    /// <summary>Results that were stored and do not count any more.</summary>
    public ImmutableList<BlobRef> Discarded { get; init; } = [];

    /// <summary>Operators that gave a wrong answer in this task; they get no more of it.</summary>
    public ImmutableHashSet<AccountId> Distrusted { get; init; } = [];

    /// <summary>
    /// By node: a lie that its record may not know of yet. The hold is closed only once it does, and a task whose hold is open is woken after
    /// every restart, so no lie is forgotten. What the record confirmed is not kept, and is confirmed again.
    /// </summary>
    public ImmutableDictionary<NodeId, Accuse> Accusations { get; init; } = ImmutableDictionary<NodeId, Accuse>.Empty;

    /// <summary>Grows when parts became ready that no event of a batch names: the matchmaker is told everything anew.</summary>
    public int Readied { get; init; }

    public int RunningCount { get; init; }

    /// <summary>Sum of <see cref="RunningAttempt.Cap"/> over running attempts.</summary>
    public Tokens Reserved { get; init; }

    /// <summary>Cost of all accepted parts.</summary>
    public Tokens Cost { get; init; }

    /// <summary>Accepted parts in the order in which they were accepted: the order in which they are paid.</summary>
    public PersistentVector<int> AcceptedOrder { get; init; } = PersistentVector<int>.Empty;

    /// <summary>How many of <see cref="AcceptedOrder"/> the account has surely paid.</summary>
    public int SettledUpTo { get; init; }

    /// <summary>When the oldest part that is not settled was accepted.</summary>
    public DateTimeOffset? UnsettledSince { get; init; }

    /// <summary>Where a sticky task was placed last.</summary>
    public NodeId? StickTo { get; init; }

    public ImmutableHashSet<string> Adjustments { get; init; } = [];

    /// <summary>No running attempt is due before this (it may be early, never late).</summary>
    public DateTimeOffset? AttemptsDue { get; init; }

    /// <summary>No running part needs a twin before this; null: the next key release or acceptance says. Not kept, but begun anew by those.</summary>
    public DateTimeOffset? StragglersDue { get; init; }

    /// <summary>The account has the hold in place. Not kept, but known again from the first placement.</summary>
    public bool HoldConfirmed { get; init; }

    /// <summary>
    /// An attempt was given back because nobody handed over its keys: nothing is placed until a key holder asks. That it asked is not
    /// kept; it asks again and again.
    /// </summary>
    public bool OwnerAway { get; init; }

    /// <summary>Not kept.</summary>
    public SettlementInFlight? InFlight { get; init; }

    /// <summary>The account has closed the hold. Not kept, except that an erased task was settled.</summary>
    public bool Settled { get; init; }

    public int AcceptedCount => AcceptedOrder.Count;

    /// <summary>How many parts are there to check others.</summary>
    public int CheckCount { get; init; }

    /// <summary>How many of those are accepted.</summary>
    public int AcceptedChecks { get; init; }

    /// <summary>How many of the parts that are no checks are accepted.</summary>
    public int AcceptedOrdered => AcceptedCount - AcceptedChecks;

    public int WaitingCount => Parts.Count - AcceptedCount - RunningCount - AnsweredCount;

    /// <summary>
    /// True for a verified task: its pay is held back until its end, as what an operator with a wrong answer loses.
    /// </summary>
    public bool PaysAtTheEnd => Spec.Verify is { Policy: not VerifyPolicy.None };

    /// <summary>Submitted and not ended.</summary>
    public bool IsAlive => Submission is not null && EndedAt is null;

    public TaskPhase Phase => Submission is null ? TaskPhase.None
        : Ended is not null ? Ended.Phase
        : EndedAt is not null ? TaskPhase.Completed
        : !HoldConfirmed ? TaskPhase.Submitted
        : StartedAt is null ? TaskPhase.Queued
        : TaskPhase.Running;

    /// <summary>The spec; throws before submission.</summary>
    public TaskSpec Spec => Order.Spec;

    /// <summary>The submission; throws before there is one.</summary>
    public Submission Order => Submission ?? throw new InvalidOperationException($"{Id} was never submitted.");

    /// <summary>The task's stages; throws before submission.</summary>
    public StagePlan Plan => Order.Plan;

    /// <summary>The dearest ask at which a part of this stage still fits its share.</summary>
    public Tokens MaxAskPerCoreHour(StageTerms stage) => Tariff.MaxAsk(Price, stage.Spec.Resources, stage.Spec.Limits, Shares.For(stage.Weight));

    /// <summary>The stage whose parts are in the demand: the first that has ready ones, or else the first; with rotating keys, that of the one part.</summary>
    public StageTerms OfferedStage
    {
        get
        {
            if (Spec.Privacy.Rotate && Gate < Parts.Count)
                return StageOf(Parts[Gate]);
            for (var stage = 0; stage < ReadyCounts.Length; stage++)
            {
                if (ReadyCounts[stage] > 0)
                    return Plan.Stages[stage];
            }

            return Plan.Stages[0];
        }
    }

    /// <summary>The stage of a part.</summary>
    public StageTerms StageOf(PartState part) => Plan.Stages[part.Origin?.Stage ?? 0];

    /// <summary>Why a part exists.</summary>
    public PartOrigin OriginOf(int part) => Parts[part].Origin ?? PartOrigin.Submitted(part);

    /// <summary>What a part computes on. Its results are read from this state when they are asked for.</summary>
    public PartInput InputOf(int part)
    {
        var origin = Parts[part].Origin;
        if (origin is null)
            return new PartInput(Order.Parts[part]);
        if (origin.Compares is not null)
            return new PartInput(null, () => TaskComparing.ResultsFor(this, part));
        BlobRef? own = origin.Source is { } source ? Order.Parts[source] : null;
        return new PartInput(own, () => [.. origin.AllNeeds
            .Select(p => (Part: p, Parts[p].Result))
            .Where(p => p.Result is not null)
            .Select(p => new NeededResult(p.Result!.Attempt.Part, p.Result.Attempt.Number, p.Result.Result))]);
    }

    /// <summary>A task that nothing has happened to.</summary>
    public static TaskState Of(TaskId id) => new(id);

    /// <summary>A part's phase as people see it.</summary>
    public PartPhase PhaseOf(PartState part) => part.Result is not null ? PartPhase.Accepted
        : EndedAt is not null ? PartPhase.Abandoned
        : part.Answered is not null ? PartPhase.Reported
        : part.Running is null ? PartPhase.Waiting
        : part.Running.SessionKey is null ? PartPhase.Assigned
        : PartPhase.KeyReleased;
}

/// <summary>
/// The ceiling that an adjustment asked the account for. One at a time, up or down, until the account has answered: were two
/// under way, the earlier could arrive last.
/// </summary>
public sealed record HoldWish(string CommandId, Tokens Amount)
{
    /// <summary>The id of the adjustment that records the account's answer; no owner's id has a line break.</summary>
    internal string Answer(bool held) => $"{CommandId}\n{(held ? "held" : "refused")}";

    internal bool Answers(string commandId) => commandId == Answer(true) || commandId == Answer(false);
}
