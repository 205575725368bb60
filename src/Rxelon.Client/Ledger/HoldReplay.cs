using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Repeats what a task's settlements did to the hold in its owner's account: who is owed what for which parts, and what returns. Says
/// what differs, and goes on with the numbers in the events.
/// </summary>
internal sealed class HoldReplay
{
    private readonly TaskReplay _task;
    private readonly HashSet<int> _paid = [];
    private readonly SortedDictionary<string, PayoutPayee> _payees = new(StringComparer.Ordinal);
    private Tokens _remaining;

    private HoldReplay(TaskReplay task) => _task = task;

    /// <summary>What was set aside, after all changes; null when the receipt has no hold.</summary>
    internal Tokens? Ceiling { get; private set; }

    /// <summary>What came back, once the hold is closed.</summary>
    internal Tokens? Returned { get; private set; }

    /// <summary>By the text of their ids.</summary>
    internal IReadOnlyList<PayoutPayee> Payees => [.. _payees.Values];

    internal List<PayoutSettlement> Settlements { get; } = [];

    internal List<string> Differences { get; } = [];

    /// <summary>Accepted and not settled.</summary>
    internal int Unpaid => _task.Accepted.Count(p => !_paid.Contains(p.Part));

    internal static HoldReplay Of(TaskReplay task, IReadOnlyList<ReceiptEvent> money)
    {
        var replay = new HoldReplay(task);
        foreach (var e in money)
            replay.Apply(e);
        if (replay.Returned is not null && replay.Unpaid > 0)
            replay.Differences.Add($"The hold is closed, and {replay.Unpaid} accepted parts were not paid.");
        return replay;
    }

    private void Apply(ReceiptEvent e)
    {
        switch (e.Message)
        {
            case FundsHeld m:
                Held(new Tokens(m.Amount), Ceiling is null && m.Amount == _task.Hold.Micros
                    ? null
                    : $"{Money(m.Amount)} are held, and the order's hold is {Money(_task.Hold.Micros)}.");
                break;
            case HoldChanged m:
                Held(new Tokens(m.Amount), Ceiling is null ? "A hold is changed that was never made." : null);
                break;
            case HoldSettled m:
                Settle(m);
                break;
        }
    }

    private void Held(Tokens amount, string? difference)
    {
        if (difference is not null)
            Differences.Add(difference);
        _remaining += amount - (Ceiling ?? Tokens.Zero);
        Ceiling = amount;
    }

    private void Settle(HoldSettled m)
    {
        if (Ceiling is null || Returned is not null)
            Differences.Add($"Settlement {m.Number} is of a hold that is not there.");
        var unknown = m.Parts.Where(p => _task.Part(p) is null).ToList();
        if (unknown.Count > 0)
            Differences.Add($"Settlement {m.Number} pays for part {unknown[0]}, which was not accepted.");
        if (m.Parts.Any(_paid.Contains))
            Differences.Add($"Settlement {m.Number} pays for a part that was paid before.");
        var lines = m.Parts.Select(_task.Part).OfType<PayoutPart>().Select(p => new PayLine(p.Part, p.Operator, p.Recorded));
        var pay = Settlement.Of(lines, _paid.Contains, _remaining, _task.FeePermille);
        var owed = Recorded(m);
        foreach (var payee in pay.Owed.Select(o => o.Key).Union(owed.Keys))
            Owe(m.Number, payee, pay.Owed.FirstOrDefault(o => o.Key == payee).Value, owed.GetValueOrDefault(payee));
        var returned = m.Closed ? pay.Left : Tokens.Zero;
        if (returned.Micros != m.Returned)
            Differences.Add($"Settlement {m.Number} returns {Money(returned.Micros)}, and {Money(m.Returned)} are recorded.");
        Settlements.Add(new PayoutSettlement(
            m.Number, m.Parts.Count, Tokens.Sum(pay.Owed.Select(o => o.Value)), Tokens.Sum(owed.Values), m.Closed, returned, new Tokens(m.Returned)));
        _paid.UnionWith(m.Parts);
        _remaining -= Tokens.Sum(owed.Values) + new Tokens(m.Returned);
        if (m.Closed)
            Returned = new Tokens(m.Returned);
    }

    private Dictionary<AccountId, Tokens> Recorded(HoldSettled m)
    {
        var owed = new Dictionary<AccountId, Tokens>();
        foreach (var line in m.Owed)
        {
            if (Account(line.Payee) is { } payee)
                owed[payee] = owed.GetValueOrDefault(payee) + new Tokens(line.Amount);
            else
                Differences.Add($"Settlement {m.Number} owes {Money(line.Amount)} to nobody.");
        }

        return owed;
    }

    private void Owe(int settlement, AccountId payee, Tokens computed, Tokens recorded)
    {
        var isTreasury = payee == Settlement.Treasury;
        if (computed != recorded)
            Differences.Add($"Settlement {settlement} owes {(isTreasury ? "the treasury" : payee)} {Money(computed.Micros)}, and {Money(recorded.Micros)} are recorded.");
        var before = _payees.GetValueOrDefault(payee.ToString()) ?? new PayoutPayee(payee, isTreasury, Tokens.Zero, Tokens.Zero);
        _payees[payee.ToString()] = before with { Computed = before.Computed + computed, Recorded = before.Recorded + recorded };
    }
}
