using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Recomputes a task's charges and settlements from the numbers in its receipt, by the same code as the hub
/// (Shared/Pricing). Says nothing about whether the receipt itself is genuine: see <see cref="ReceiptReport"/>.
/// </summary>
public static class PayoutCheck
{
    /// <summary>The task's money. Fault: malformed for a receipt that is not a task's, proof-failed when events of the task are missing.</summary>
    public static Outcome<PayoutReport> Of(Receipt receipt)
    {
        if (!TaskId.TryParse(receipt.Subject, out var task))
            return new Fault(FaultCodes.Malformed, "Only a task's receipt has prices to recompute.", Culprit.Input);
        var all = ReceiptEvent.Of(receipt);
        if (all.Count != receipt.Entries.Count)
            return new Fault(FaultCodes.Malformed, "The receipt has an entry whose leaf is not that of an event.", Culprit.Input);
        foreach (var check in (ReceiptCheck[])[EntryChecks.Completeness(task, all), EntryChecks.Subject(receipt.Subject, task, all), EntryChecks.Content(all)])
        {
            if (check.Result == CheckResult.Failed)
                return new Fault(FaultCodes.ProofFailed, check.Detail, Culprit.Input);
        }

        try
        {
            return TaskReplay.Of([.. all.Where(e => TaskOf(e.Entry.Entity) == task)]) is { } replay
                ? Report(task, replay, all)
                : new Fault(FaultCodes.Malformed, "The task's first event is no order that can be priced.", Culprit.Input);
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            return new Fault(FaultCodes.ProofFailed, "The receipt has numbers or tiers that no task can have.", Culprit.Hub);
        }
    }

    private static PayoutReport Report(TaskId task, TaskReplay replay, IReadOnlyList<ReceiptEvent> all)
    {
        var holds = HoldReplay.Of(replay, [.. all.Where(e => AccountOf(e.Entry.Entity) is not null)]);
        var notes = new List<string>();
        if (holds.Returned is null)
            notes.Add(holds.Ceiling is null ? "No money was held." : $"The hold is not closed yet; {holds.Unpaid} accepted parts are not settled.");
        if (all.Any(e => !e.IsKnown))
            notes.Add("The receipt has events of a kind this version does not know; they may have changed the price.");
        if (replay.Accepted.Any(p => p.IsCapped))
            notes.Add($"Charged less than the formula, since more was not agreed: part {string.Join(", ", replay.Accepted.Where(p => p.IsCapped).Select(p => Number(p.Part)))}.");
        return new PayoutReport(
            task, holds.Ceiling, holds.Returned, replay.Accepted, holds.Settlements, holds.Payees, [.. replay.Differences, .. holds.Differences], notes);
    }
}
