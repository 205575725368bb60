using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

internal static class AccountPayouts
{
    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Grant(AccountState s, GrantTokens c)
    {
        if (s.Grants.Contains(c.CommandId))
            return AccountDecider.Ok(s);
        if (s.Id != AccountIds.Treasury && AccountDecider.NotOpen(s) is { } fault)
            return AccountDecider.Refuse(s, fault);
        return c.Amount <= Tokens.Zero
            ? AccountDecider.Refuse(s, new Fault(FaultCodes.Malformed, "A grant is more than nothing."))
            : AccountDecider.Ok(s, new TokensGranted(c.Amount, c.CommandId, c.By, c.At));
    }

    /// <summary>
    /// Sends what is owed to every payee that has nothing under way, and sends again what is. One payout to a payee at a time
    /// keeps numbers in order for the payee, which therefore remembers a single one.
    /// </summary>
    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> PayOut(AccountState s, PayOut c)
    {
        var number = s.LastPayout;
        var sent = s.Owing.Where(o => !s.Transit.ContainsKey(o.Key)).Select(o => new Payout(++number, o.Key, o.Value)).ToList();
        var effects = s.Transit.Values.Concat(sent).Select(p => (IAccountEffect)new SendPayout(p)).ToList();
        if (effects.Count > 0 && sent.Count == 0)
            effects.Add(new SchedulePayout());
        return AccountDecider.Ok(s, sent.Count > 0 ? new PayoutsSent(sent, c.At) : null, effects);
    }

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Receive(AccountState s, ReceivePayout c)
    {
        // Booked whatever the account's standing: refusing would leave the money between two accounts for ever.
        var confirm = new ConfirmPayout(c.From, c.Number);
        if (c.Number <= s.Received.GetValueOrDefault(c.From))
            return AccountDecider.Ok(s, null, confirm);
        return c.Amount.IsNegative
            ? AccountDecider.Refuse(s, new Fault(FaultCodes.Malformed, "A payout cannot be negative.", Culprit.Hub))
            : AccountDecider.Ok(s, new PayoutBooked(c.From, c.Number, c.Amount, c.At), confirm);
    }

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Received(AccountState s, PayoutReceived c)
        => s.Transit.TryGetValue(c.By, out var payout) && payout.Number == c.Number
            ? AccountDecider.Ok(s, new PayoutsConfirmed([c.Number], c.At))
            : AccountDecider.Ok(s);
}
