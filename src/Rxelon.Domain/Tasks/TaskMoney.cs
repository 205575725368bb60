using Rxelon.Domain.Kernel;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

internal static class TaskMoney
{
    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> HoldAnswered(TaskState state, HoldAnswered c)
    {
        if (state.Submission is null)
            return new([], TaskDecider.NotFound(c.Task), []);
        var output = new TaskOutput(state);
        if (state.EndedAt is not null)
        {
            // The hold came into being after the end (a late or repeated request): close it.
            if (c.Refusal is null)
                output.Happened(new SettlementDue(state.AcceptedCount, true, c.At));
        }
        else if (c.Refusal is { } refusal && !state.HoldConfirmed)
        {
            output.Happened(new TaskEnded(TaskPhase.Failed, refusal, c.At)).Happened(new TaskSettled(c.At));
        }
        else if (c.Refusal is null && !state.HoldConfirmed)
        {
            output.Happened(new HoldConfirmed(c.At));
        }
        else if (state.Wish is { } wish && c.Change == wish.CommandId)
        {
            var held = c.Refusal is null ? wish.Amount : state.Hold;
            output.Happened(new TaskAdjusted(wish.Answer(c.Refusal is null), state.Tier, held, held, state.DeadlineSeconds, c.At));
        }

        return output.Ok();
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> Adjust(TaskState state, AdjustTask c)
    {
        if (state.Submission is null || c.By != state.Submission.Owner)
            return new([], TaskDecider.NotFound(c.Task), []);
        if (state.Adjustments.Contains(c.CommandId))
            return new TaskOutput(state).Ok();
        if (!state.IsAlive)
            return TaskOutput.Refuse(c.Task, FaultCodes.AlreadyEnded, "The task has ended already.");
        if (state.Adjustments.Count >= TaskRules.MaxAdjustments)
            return TaskOutput.Refuse(c.Task, FaultCodes.RateLimited, "The task was changed too often.");
        if (c.CommandId.Contains('\n', StringComparison.Ordinal))
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, "A command id is one line.");
        if (c.DeadlineSeconds < 0)
            return TaskOutput.Refuse(c.Task, FaultCodes.Malformed, "A deadline cannot be negative; 0 means none.");

        var budget = c.BudgetMax ?? state.BudgetMax;
        var hold = state.Hold;
        var output = new TaskOutput(state);
        if (c.BudgetMax is not null && budget != state.BudgetMax)
        {
            if (!state.HoldConfirmed || state.Wish is not null)
                return TaskOutput.Refuse(c.Task, FaultCodes.NotYet, "The hold is being changed; ask again in a moment.", retryable: true);
            var committed = state.Cost + state.Reserved;
            if (budget < committed)
            {
                return TaskOutput.Refuse(
                    c.Task, FaultCodes.BudgetExceeded, $"{committed} tokens are spent or promised to parts under way; the budget cannot be less.");
            }

            hold = Tokens.Min(hold, budget);
            if (budget != state.Hold)
                output.Then(new AdjustHold(state.Submission.Owner, budget, c.CommandId));
        }

        return output
            .Happened(new TaskAdjusted(c.CommandId, c.Tier ?? state.Tier, budget, hold, c.DeadlineSeconds ?? state.DeadlineSeconds, c.At))
            .Ok();
    }

    internal static Decision<ITaskEvent, TaskReply, ITaskEffect> SettlementBooked(TaskState state, SettlementBooked c)
    {
        if (state.Submission is null)
            return new([], TaskDecider.NotFound(c.Task), []);
        var output = new TaskOutput(state);
        if (c.Closed && state.IsAlive)
        {
            TaskEnding.End(
                state, TaskPhase.Failed, new Fault(FaultCodes.InsufficientFunds, "The hold of this task is closed.", Culprit.Hub), c.At, output, []);
        }
        else if (c.Closed)
        {
            if (!state.Settled || state.InFlight is not null)
                output.Happened(new TaskSettled(c.At));
            TaskEnding.EraseIfDue(state with { Settled = true }, c.At, output);
        }
        else if (state.IsAlive && c.Number > state.SettledUpTo && c.Number <= state.AcceptedCount)
        {
            output.Happened(new SettlementRecorded(c.Number, Accepted(state, c.Number), c.At));
            if (state.AcceptedCount - c.Number >= TaskRules.SettleEvery)
                output.Happened(new SettlementDue(state.AcceptedCount, false, c.At));
        }

        return output.Ok();
    }

    /// <summary>Asks for a settlement when one is due and none is under way, or the one under way was not answered in time.</summary>
    internal static void SettleIfDue(TaskState state, DateTimeOffset now, TaskOutput output)
    {
        var unanswered = state.InFlight is { } flight && flight.At + TaskRules.AskAgain <= now;
        if (state.InFlight is not null && !unanswered)
            return;
        if (!state.IsAlive)
            output.Happened(new SettlementDue(state.AcceptedCount, true, now));
        else if (state.AcceptedCount > state.SettledUpTo && (unanswered || state.UnsettledSince + TaskRules.SettleAfter <= now))
            output.Happened(new SettlementDue(state.AcceptedCount, false, now));
    }

    /// <summary>The settlement that the state says is under way.</summary>
    internal static Settle Settlement(TaskState state, SettlementInFlight flight)
    {
        var lines = new List<PayLine>(Math.Max(0, flight.Number - state.SettledUpTo));
        for (var i = state.SettledUpTo; i < flight.Number; i++)
        {
            var part = state.AcceptedOrder[i];
            var result = state.Parts[part].Result!;
            lines.Add(new PayLine(part, result.Operator, result.Cost));
        }

        return new Settle(state.Order.Owner, flight.Number, lines, flight.Close);
    }

    private static List<int> Accepted(TaskState state, int upTo)
        => [.. Enumerable.Range(state.SettledUpTo, upTo - state.SettledUpTo).Select(i => state.AcceptedOrder[i])];
}
