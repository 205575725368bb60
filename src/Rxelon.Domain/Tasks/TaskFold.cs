using Rxelon.Domain.Kernel;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>How each event changes a task: no clock, no decision. An unknown event throws.</summary>
internal static class TaskFold
{
    internal static TaskState Apply(TaskState state, ITaskEvent happened) => happened switch
    {
        TaskSubmitted e => Submitted(state, e),
        PartsAdded e => TaskGrowth.Added(state, e),
        PartsAssigned e => Assigned(state, e),
        KeysReleased e => Released(state, e),
        PartsAccepted e => Accepted(state, e),
        PartsReported e => TaskVerdictFold.Reported(state, e),
        AnswersRevealed e => TaskVerdictFold.Revealed(state, e),
        AnswersCompared e => TaskComparing.Compared(state, e),
        PartsRejected e => TaskVerdictFold.Rejected(state, e),
        PartsSpared e => TaskVerdictFold.Spared(state, e),
        OperatorDistrusted e => TaskVerdictFold.Distrusted(state, e),
        AttemptsFailed e => Failed(state, e),
        AttemptsResumed e => Resumed(state, e),
        TaskAdjusted e => Adjusted(state, e),
        TaskEnded e => state with { Ended = e, EndedAt = e.At, RunningCount = 0, RunningWeight = 0, Reserved = state.AnsweredCost, InFlight = null, Wish = null },
        SettlementRecorded e => state with
        {
            SettledUpTo = Math.Max(state.SettledUpTo, e.Number),
            UnsettledSince = e.Number >= state.AcceptedCount ? null : e.At,
            InFlight = state.InFlight is { Close: false } flight && flight.Number <= e.Number ? null : state.InFlight,
        },
        TaskErased => state with { Erased = true, Settled = true, HoldConfirmed = true },
        HoldConfirmed => state with { HoldConfirmed = true },
        SettlementDue e => state with { Settled = false, InFlight = new SettlementInFlight(e.Number, e.Close, e.At) },
        TaskSettled => state with { Settled = true, InFlight = null },
        KeysAwaited e => TaskKeyGrants.Awaited(state, e),
        KeysForwarded e => TaskKeyGrants.Forwarded(state, e),
        OwnerAttended => state with { OwnerAway = false },
        LimitsReviewed e => state with { AttemptsDue = e.Next },
        StragglersReviewed e => state with { StragglersDue = e.Next },
        AccusationRecorded e => state with { Accusations = state.Accusations.Remove(e.Node) },
        AnswersReviewed e => state with { AnswersDue = e.Next },
        _ => throw new InvalidOperationException($"No rule for event {happened.GetType().Name}; add it to {nameof(TaskFold)}."),
    };

    private static TaskState Submitted(TaskState state, TaskSubmitted e) => TaskGrowth.AddedAtSubmission(state with
    {
        Submission = e.Submission,
        Price = e.Price,
        Tier = e.Submission.Spec.Budget.Tier,
        CheckSeed = e.CheckSeed,
        Hold = e.Hold,
        BudgetMax = e.Submission.Budget,
        Shares = HoldShares.Of(e.Hold, e.Submission.Plan.Weight),
        OpenWeight = e.Submission.Plan.Weight,
        DeadlineSeconds = e.Submission.Spec.Limits.DeadlineSeconds,
        SubmittedAt = e.At,
        Parts = PersistentVector<PartState>.Repeat(PartState.Untried, e.Submission.Parts.Count),
    });

    private static TaskState Assigned(TaskState state, PartsAssigned e)
    {
        // A hub that restarts forgets that an attempt waits for its owner: it must not be taken for a node that is late.
        var due = e.At + TaskRules.ReadyLimit + (TaskKeyGrants.AreOwners(state) ? TaskRules.OwnerPatience : TimeSpan.Zero);
        var parts = state.Parts.Edit();
        var reserved = state.Reserved;
        var ready = TaskGrowth.Counting(state);
        Int128 weight = 0;
        foreach (var a in e.Parts)
        {
            var part = parts[a.Attempt.Part];
            var stage = state.StageOf(part);
            var running = new RunningAttempt(a.Node, a.Operator, a.Session, a.AskPerCoreHour, state.Shares.For(stage.Weight), due, null);
            parts[a.Attempt.Part] = part with { Attempts = a.Attempt.Number, Running = running };
            reserved += running.Cap;
            weight += stage.Weight;
            if (ready is not null)
                ready[stage.Number]--;
        }

        return state with
        {
            Parts = parts.ToVector(),
            RunningCount = state.RunningCount + e.Parts.Count,
            ReadyCounts = TaskGrowth.Counted(state, ready),
            RunningWeight = state.RunningWeight + weight,
            OpenWeight = state.OpenWeight - weight,
            Reserved = reserved,
            StartedAt = state.StartedAt ?? e.At,
            HoldConfirmed = true,
            StickTo = state.Spec.Privacy.Sticky && e.Parts.Count > 0 ? e.Parts[^1].Node : state.StickTo,
            AttemptsDue = Earlier(state.AttemptsDue, due),
        };
    }

    private static TaskState Released(TaskState state, KeysReleased e)
    {
        DateTimeOffset? first = null;
        var parts = state.Parts.Edit();
        foreach (var r in e.Releases)
        {
            var part = parts[r.Attempt.Part];
            var due = e.At + TaskRules.Allowed(state, r.Attempt.Part);
            parts[r.Attempt.Part] = part with { Running = part.Running! with { SessionKey = r.SessionKey, Due = due, KeysAt = e.At, Wait = null } };
            first = Earlier(first, due);
        }

        return state with
        {
            Parts = parts.ToVector(),
            AttemptsDue = first is { } next ? Earlier(state.AttemptsDue, next) : state.AttemptsDue,
            StragglersDue = TaskSpeculation.IsOn(state) ? TaskSpeculation.Look(state, e.At) : null,
        };
    }

    private static TaskState Accepted(TaskState state, PartsAccepted e)
    {
        var parts = state.Parts.Edit();
        var order = state.AcceptedOrder.Edit();
        var earned = state.EarnedBy;
        var left = new Leaving(state);
        var cost = state.Cost;
        var discarded = state.Discarded;
        var checks = 0;
        foreach (var a in e.Parts)
        {
            var part = parts[a.Attempt.Part];
            left.Leave(part);
            if (part.Checkpoint is { } old)
                discarded = discarded.Add(old.Blob);
            cost += a.Cost;
            checks += part.IsCheck ? 1 : 0;
            order.Add(a.Attempt.Part);
            parts[a.Attempt.Part] = part with { Running = null, Answered = null, Result = a, Checkpoint = null };
            if (state.Spec.Verify?.Policy == VerifyPolicy.Adaptive)
                earned = earned.SetItem(a.Operator, earned.GetValueOrDefault(a.Operator) + a.Cost);
        }

        var (dependents, readied) = TaskGrowth.Delivered(state, e.Parts.Select(a => a.Attempt.Part), parts, left.Ready);
        var accepted = order.ToVector();
        var vector = parts.ToVector();
        return left.From(state) with
        {
            Parts = vector,
            Gate = TaskRotation.Gate(state, vector),
            AcceptedOrder = accepted,
            AcceptedChecks = state.AcceptedChecks + checks,
            Dependents = dependents,
            ReadyCounts = TaskGrowth.Counted(state, left.Ready),
            Readied = state.Readied + readied,
            EarnedBy = earned,
            StragglersDue = TaskSpeculation.IsOn(state) ? TaskSpeculation.Look(state, e.At) : null,
            Discarded = discarded,
            Cost = cost,
            UnsettledSince = state.PaysAtTheEnd ? null : state.UnsettledSince ?? e.At,
            EndedAt = state.EndedAt ?? (accepted.Count == state.Parts.Count ? e.At : null),
        };
    }

    private static TaskState Failed(TaskState state, AttemptsFailed e)
    {
        var parts = state.Parts.Edit();
        var left = new Leaving(state);
        var discarded = state.Discarded;
        foreach (var f in e.Failures)
        {
            var part = parts[f.Attempt.Part];
            left.Leave(part, waitsAgain: true);
            if (part.Answered is { } answered)
                discarded = discarded.Add(answered.Result.Result);
            var checkpoint = TaskCheckpoints.After(part.Checkpoint, f);
            if (part.Checkpoint is { } old && old != checkpoint)
                discarded = discarded.Add(old.Blob);
            parts[f.Attempt.Part] = part with { Running = null, Answered = null, Trouble = PartTrouble.After(part.Trouble, f), Checkpoint = checkpoint };
        }

        return left.From(state) with
        {
            Parts = parts.ToVector(),
            Discarded = discarded,
            OwnerAway = state.OwnerAway || e.Failures.Any(f => f.Fault.Code == FaultCodes.OwnerAbsent),
        };
    }

    private static TaskState Resumed(TaskState state, AttemptsResumed e)
    {
        var parts = state.Parts.Edit();
        foreach (var a in e.Attempts)
        {
            var part = parts[a.Part];
            parts[a.Part] = part with { Running = part.Running! with { Session = e.Session, Wait = null } };
        }

        NodeDeaths.Forget(parts, e);
        return state with { Parts = parts.ToVector() };
    }

    private static TaskState Adjusted(TaskState state, TaskAdjusted e)
    {
        var open = state.WaitingCount + state.RunningCount;
        var shares = state.Shares;
        if (e.Hold != state.Hold && open > 0)
            shares = HoldShares.AfterChange(e.Hold, state.Cost, state.Reserved, state.OpenWeight, state.RunningWeight);

        return state with
        {
            Tier = e.Tier,
            Price = e.Tier == state.Tier ? state.Price : state.Price with { TierPermille = Tariff.TierPermille(e.Tier) },
            BudgetMax = e.BudgetMax,
            Hold = e.Hold,
            Shares = shares,
            DeadlineSeconds = e.DeadlineSeconds,
            Adjustments = state.Adjustments.Add(e.CommandId),
            Wish = state.Wish?.Answers(e.CommandId) == true ? null
                : e.BudgetMax != state.BudgetMax && e.BudgetMax != state.Hold ? new HoldWish(e.CommandId, e.BudgetMax)
                : state.Wish,
        };
    }

    internal static DateTimeOffset Earlier(DateTimeOffset? known, DateTimeOffset due) => known is { } k && k < due ? k : due;
}
