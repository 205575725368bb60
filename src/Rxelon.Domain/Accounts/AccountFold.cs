using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

/// <summary>How each event changes an account: no clock, no decision. An unknown event throws.</summary>
internal static class AccountFold
{
    internal static AccountState Apply(AccountState s, IAccountEvent happened) => happened switch
    {
        AccountOpened e => s with
        {
            OpenedAt = e.At,
            Name = e.Name,
            Kind = e.Kind,
            SigningKey = e.SigningKey,
            ExchangeKey = e.ExchangeKey,
        },
        ApiKeyAdded e => s with { ApiKeys = s.ApiKeys.Add(e.ApiKey) },
        ApiKeyRemoved e => s with { ApiKeys = s.ApiKeys.RemoveAll(k => k.Id == e.KeyId) },
        TokensGranted e => s with
        {
            Available = s.Available + e.Amount,
            Granted = s.Granted + e.Amount,
            Grants = s.Grants.Add(e.CommandId),
        },
        FundsHeld e => s with
        {
            Available = s.Available - e.Amount,
            Held = s.Held + e.Amount,
            Holds = s.Holds.Add(e.Task, new HoldState(e.Amount, Tokens.Zero, IndexSet.Empty, [])),
        },
        HoldChanged e => Changed(s, e),
        HoldSettled e => Settled(s, e),
        PayoutsSent e => Sent(s, e),
        PayoutsConfirmed e => Confirmed(s, e),
        PayoutBooked e => s with
        {
            Available = s.Available + e.Amount,
            Earned = s.Earned + e.Amount,
            Received = s.Received.SetItem(e.From, e.Number),
        },
        AccountClosed e => s with
        {
            ClosedAt = e.At,
            Available = s.Available - e.Burned,
            Burned = s.Burned + e.Burned,
            ApiKeys = [],
        },
        _ => throw new InvalidOperationException($"No rule for event {happened.GetType().Name}; add it to {nameof(AccountFold)}."),
    };

    private static AccountState Changed(AccountState s, HoldChanged e)
    {
        var hold = s.Holds[e.Task];
        var more = e.Amount - hold.Ceiling;
        return s with
        {
            Available = s.Available - more,
            Held = s.Held + more,
            Holds = s.Holds.SetItem(e.Task, hold with { Ceiling = e.Amount, Changes = hold.Changes.Add(e.CommandId) }),
        };
    }

    private static AccountState Settled(AccountState s, HoldSettled e)
    {
        var hold = s.Holds[e.Task];
        var paid = Tokens.Zero;
        var owing = s.Owing.ToBuilder();
        foreach (var owed in e.Owed)
        {
            paid += owed.Amount;
            owing[owed.Payee] = owing.GetValueOrDefault(owed.Payee) + owed.Amount;
        }

        var settled = s with
        {
            Held = s.Held - paid - e.Returned,
            Available = s.Available + e.Returned,
            Owed = s.Owed + paid,
            Spent = s.Spent + paid,
            Owing = owing.ToImmutable(),
        };
        return e.Closed ? Forget(settled, e.Task) : settled with
        {
            Holds = s.Holds.SetItem(e.Task, hold with { Paid = hold.Paid + paid, PaidParts = hold.PaidParts.With(e.Parts) }),
        };
    }

    private static AccountState Forget(AccountState s, TaskId task)
    {
        var order = s.ClosedInOrder.Enqueue(task);
        var closed = s.Closed.Add(task);
        if (closed.Count > AccountState.ClosedHoldsKept)
        {
            order = order.Dequeue(out var oldest);
            closed = closed.Remove(oldest);
        }

        return s with { Holds = s.Holds.Remove(task), ClosedInOrder = order, Closed = closed };
    }

    private static AccountState Sent(AccountState s, PayoutsSent e)
    {
        var sum = Tokens.Sum(e.Payouts.Select(p => p.Amount));
        return s with
        {
            Owed = s.Owed - sum,
            InTransit = s.InTransit + sum,
            Owing = s.Owing.RemoveRange(e.Payouts.Select(p => p.Payee)),
            Transit = s.Transit.AddRange(e.Payouts.Select(p => KeyValuePair.Create(p.Payee, p))),
            LastPayout = Math.Max(s.LastPayout, e.Payouts.Max(p => p.Number)),
        };
    }

    private static AccountState Confirmed(AccountState s, PayoutsConfirmed e)
    {
        var numbers = e.Numbers.ToHashSet();
        var arrived = s.Transit.Values.Where(p => numbers.Contains(p.Number)).ToList();
        var sum = Tokens.Sum(arrived.Select(p => p.Amount));
        return s with
        {
            InTransit = s.InTransit - sum,
            Sent = s.Sent + sum,
            Transit = s.Transit.RemoveRange(arrived.Select(p => p.Payee)),
        };
    }
}
