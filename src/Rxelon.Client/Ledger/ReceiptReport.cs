using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>How one check of a receipt went.</summary>
public enum CheckResult
{
    Ok = 1,
    Failed = 2,

    /// <summary>The receipt has nothing that this check is about.</summary>
    NotApplicable = 3,
}

/// <summary>One check: its name (stable, for programs), how it went, and why in a sentence.</summary>
public sealed record ReceiptCheck(string Name, CheckResult Result, string Detail);

/// <summary>One entry of the log, as people read it: when its event was written, which entry it is, whose event, and what happened.</summary>
public sealed record ReceiptLine(DateTimeOffset At, ulong Index, string Entity, ulong SequenceNr, string Kind, string Sentence);

/// <summary>
/// What a receipt proves, in plain words: its entries, and what was checked besides their being in the log: signatures by keys
/// that the hub does not have, and that no event is missing between those shown. Names and messages in it come from others and are
/// harmless to print.
/// </summary>
public sealed record ReceiptReport(
    string Subject, string Origin, ulong Size, string Root, IReadOnlyList<ReceiptLine> Entries, IReadOnlyList<ReceiptCheck> Checks)
{
    /// <summary>bad-signature or proof-failed, naming every check that failed; null when none did.</summary>
    public Fault? Failure()
    {
        var failed = Checks.Where(c => c.Result == CheckResult.Failed).ToList();
        return failed.Count == 0 ? null : new Fault(
            failed.Any(c => SignatureChecks.Names.Contains(c.Name)) ? FaultCodes.BadSignature : FaultCodes.ProofFailed,
            string.Join(" ", failed.Select(c => $"{c.Name}: {c.Detail}")), Culprit.Input);
    }

    /// <summary>
    /// Verifies a receipt and says what it proves. Fault: what <see cref="Receipt.Verify"/> says; a check that fails is in the report.
    /// </summary>
    public static Outcome<ReceiptReport> Of(Receipt receipt, WitnessPolicy policy)
    {
        var checkpoint = receipt.Verify(policy);
        if (checkpoint.Fault is { } fault)
            return fault;
        var events = ReceiptEvent.Of(receipt);
        var about = TaskId.TryParse(receipt.Subject, out var task) ? task : (TaskId?)null;
        return new ReceiptReport(
            EventFields.Harmless(receipt.Subject), EventFields.Harmless(receipt.Origin), checkpoint.Value.Size, checkpoint.Value.Root.ToString(),
            [.. events.Select(e => new ReceiptLine(
                e.Leaf.At, e.Entry.Index, EventFields.Harmless(e.Entry.Entity), e.Entry.SequenceNr, EventFields.Harmless(e.Entry.Manifest), EventSentence.Of(e)))],
            [
                new("inclusion", CheckResult.Ok, $"{receipt.Entries.Count} entries stand in the log of {checkpoint.Value.Size}, under a checkpoint that the policy accepts."),
                EntryChecks.Subject(receipt.Subject, about, events),
                EntryChecks.Completeness(about, events),
                EntryChecks.Content(events),
                .. SignatureChecks.Of(events, receipt.NodeKeys),
            ]);
    }
}
