using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

internal static class AccountHolds
{
    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Place(AccountState s, PlaceHold c)
    {
        if (s.Holds.TryGetValue(c.Task, out var hold))
            return AccountDecider.Ok(s, null, new AnswerHold(c.Task, null, hold.Ceiling, null));
        var fault = AccountDecider.NotOpen(s) ?? ClosedBefore(s, c.Task) ?? Unaffordable(s, c.Amount);
        return fault is null
            ? AccountDecider.Ok(s, new FundsHeld(c.Task, c.Amount, c.At), new AnswerHold(c.Task, null, c.Amount, null))
            : AccountDecider.Refuse(s, fault, new AnswerHold(c.Task, fault, Tokens.Zero, null));
    }

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Change(AccountState s, ChangeHold c)
    {
        if (!s.Holds.TryGetValue(c.Task, out var hold))
        {
            var none = ClosedBefore(s, c.Task) ?? new Fault(FaultCodes.NotFound, "This task has no hold.");
            return AccountDecider.Refuse(s, none, new AnswerHold(c.Task, none, Tokens.Zero, c.CommandId));
        }

        if (hold.Changes.Contains(c.CommandId))
            return AccountDecider.Ok(s, null, new AnswerHold(c.Task, null, hold.Ceiling, c.CommandId));
        var fault = c.Amount < hold.Paid
            ? new Fault(FaultCodes.BudgetExceeded, $"{hold.Paid} tokens of this hold are paid already.")
            : c.Amount > hold.Ceiling ? Unaffordable(s, c.Amount - hold.Ceiling) : null;
        return fault is null
            ? AccountDecider.Ok(s, new HoldChanged(c.Task, c.Amount, c.CommandId, c.At), new AnswerHold(c.Task, null, c.Amount, c.CommandId))
            : AccountDecider.Refuse(s, fault, new AnswerHold(c.Task, fault, hold.Ceiling, c.CommandId));
    }

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Settle(AccountState s, SettleHold c)
    {
        if (!s.Holds.TryGetValue(c.Task, out var hold))
            return AccountDecider.Ok(s, null, new AnswerSettlement(c.Task, c.Number, true));
        if (c.FeePermille < 0 || c.Lines.Any(l => l.Amount.IsNegative || l.Part < 0))
            return AccountDecider.Refuse(s, new Fault(FaultCodes.Malformed, "A settlement has no negative amounts or parts.", Culprit.Hub));

        var pay = Settlement.Of(c.Lines, hold.PaidParts.Contains, hold.Remaining, c.FeePermille);
        var answer = new AnswerSettlement(c.Task, c.Number, c.Close);
        if (pay.Parts.Count == 0 && !c.Close)
            return AccountDecider.Ok(s, null, answer);
        var settled = new HoldSettled(
            c.Task, c.Number, pay.Parts, [.. pay.Owed.Select(o => new Owed(o.Key, o.Value))], c.Close, c.Close ? pay.Left : Tokens.Zero, c.At);
        return AccountDecider.Ok(s, settled, answer);
    }

    private static Fault? ClosedBefore(AccountState s, TaskId task)
        => s.Closed.Contains(task) ? new Fault(FaultCodes.AlreadyEnded, "The hold of this task is closed.") : null;

    private static Fault? Unaffordable(AccountState s, Tokens amount)
        => amount.IsNegative ? new Fault(FaultCodes.Malformed, "A hold cannot be negative.")
            : amount > s.Available
                ? new Fault(FaultCodes.InsufficientFunds, $"The task needs {amount} tokens and {s.Available} are available; top up the account.")
                : null;
}
