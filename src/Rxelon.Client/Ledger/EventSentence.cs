using Google.Protobuf;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Workloads;
using static Rxelon.Client.Ledger.EventFields;

namespace Rxelon.Client.Ledger;

/// <summary>What an event says, in one plain line.</summary>
internal static class EventSentence
{
    private const int ListedAtMost = 8;

    internal static string Of(ReceiptEvent happened) => happened.Message is { } message
        ? Of(message)
        : happened.IsKnown
            ? $"event of the kind {Harmless(happened.Entry.Manifest)} whose content cannot be read"
            : $"event of a kind this version does not know ({Harmless(happened.Entry.Manifest)})";

    private static string Of(IMessage message) => message switch
    {
        TaskSubmitted e => $"order taken: '{Name(e)}', {Count(e.Parts.Count, "part")}, budget {Money(e.Budget)}, {Money(e.Hold)} to be held",
        PartsAdded e => $"{Count(e.Parts.Count, "part")} added from part {Number(e.First)} on"
            + (e.Parts.Any(p => p.Round > 1) ? $", round {Number(e.Parts.Max(p => p.Round))}" : "")
            + Checking(e),
        PartsAssigned e => $"{Parts(e.Parts.Select(p => p.Attempt.Part))} given to {Nodes(e.Parts.Select(p => p.Node))}",
        KeysReleased e => $"keys of {Parts(e.Releases.Select(r => r.Attempt.Part))} released to {Nodes(e.Releases.Select(r => r.Node))}{(e.Releases.All(r => r.ByOwner) ? ", sealed by their owner" : "")}",
        PartsAccepted e => $"{Parts(e.Parts.Select(p => p.Attempt.Part))} accepted from {Nodes(e.Parts.Select(p => p.Node))} for {Money(Sum(e.Parts.Select(p => p.Cost)))}",
        PartsReported e => $"{Parts(e.Parts.Select(p => p.Attempt.Part))} reported by {Nodes(e.Parts.Select(p => p.Node))}, to be compared",
        AnswersRevealed e => $"{(e.Answers.Count == 1 ? "answer" : "answers")} for {Parts(e.Answers.Select(a => a.Attempt.Part))} shown as promised",
        AnswersCompared e => $"results of {Parts(e.Groups.Select(g => g.Part))} compared by {Comparers(e)}: "
            + string.Join(", ", e.Groups.Take(ListedAtMost).Select(g => $"{string.Join(" and ", g.Classes.Select(c => Number(c.Attempts.Count)))} equal")),
        PartsRejected e => $"{Parts(e.Parts.Select(p => p.Attempt.Part))} rejected from {Nodes(e.Parts.Select(p => p.Node))}: "
            + string.Join(", ", e.Parts.Select(p => Harmless(p.Reason)).Distinct().Take(ListedAtMost))
            + (e.Parts.Any(p => p.HasClosedBy) ? $"; the result of {Parts(e.Parts.Where(p => p.HasClosedBy).Select(p => p.ClosedBy).Distinct())} is taken, at no cost" : ""),
        PartsSpared e => $"{Parts(e.Parts.Select(p => p.Part_))} need not be computed any more: the result of {Parts(e.Parts.Select(p => p.ClosedBy).Distinct())} is taken, at no cost",
        OperatorDistrusted e => $"operator {Account(e.Operator)} gets no more of this task{(e.Elsewhere.IsEmpty ? "" : $" since {Nodes([e.Elsewhere])} lied in another")}: {Parts(e.Withdrawn)} taken back, pay of {Parts(e.Forfeited)} forfeited",
        AttemptsFailed e => $"{Parts(e.Failures.Select(f => f.Attempt.Part))} failed on {Nodes(e.Failures.Select(f => f.Node))}: {Codes(e)}",
        AttemptsResumed e => $"{Parts(e.Attempts.Select(a => a.Part))} resumed by {Nodes([e.Node])}",
        TaskAdjusted e => $"changed: tier {((Tier)e.Tier).ToString().ToLowerInvariant()}, budget {Money(e.BudgetMax)}, hold {Money(e.Hold)}",
        TaskEnded e => $"ended without completing: {Harmless(e.Reason?.Code ?? "no reason")}: {Harmless(e.Reason?.Message ?? "")}",
        SettlementRecorded e => $"the task knows that {Count(e.Number, "part")} are settled",
        TaskErased e => $"ciphertext and keys destroyed ({Harmless(e.Reason)})",
        AccountOpened e => $"account opened: '{Harmless(e.Name)}'",
        ApiKeyAdded e => $"API key {Harmless(e.Key?.Id ?? "")} added",
        ApiKeyRemoved e => $"API key {Harmless(e.KeyId)} removed",
        TokensGranted e => $"{Money(e.Amount)} granted by {Harmless(e.By)}",
        FundsHeld e => $"{Money(e.Amount)} held for {Task(e.Task)}",
        HoldChanged e => $"hold for {Task(e.Task)} changed to {Money(e.Amount)}",
        HoldSettled e => $"settled: {Parts(e.Parts)} paid with {Money(Sum(e.Owed.Select(o => o.Amount)))}"
            + (e.Closed ? $", {Money(e.Returned)} returned, hold closed" : ""),
        PayoutsSent e => $"{Count(e.Payouts.Count, "payout")} sent: {Money(Sum(e.Payouts.Select(p => p.Amount)))}",
        PayoutsConfirmed e => $"{Count(e.Numbers.Count, "payout")} confirmed by payees",
        PayoutBooked e => $"{Money(e.Amount)} received from {Account(e.From)} (payout {Number(e.Number)})",
        AccountClosed e => $"account closed, {Money(e.Burned)} given up",
        NodeEnrolled e => $"node '{Harmless(e.Name)}' enrolled for {Account(e.Operator)}" + (e.Approved ? "" : ", not approved yet"),
        NodeApproved e => $"node approved by {Harmless(e.By)}",
        NodeRevoked e => $"node revoked by {Harmless(e.By)}: {Harmless(e.Reason)}",
        NodeQuarantined e => $"node gets no new parts: a wrong answer ({Harmless(e.Reason)}) in {Task(e.Task)}, part {Number(e.Part)}, attempt {Number(e.Attempt)}",
        NodeReinstated e => $"node may work again, says {Harmless(e.By)}: {Harmless(e.Reason)}",
        NodeRenewed => "node renewed its certificate",
        NodeWindowRecorded e => $"node's record: {Number(e.Accepted)} accepted, {Number(e.Failed)} failed, {Number(e.Lost)} lost",
        NodeMeasured e => $"node measured ({Harmless(e.By)}): it is compared with this from now on",
        NodeAlarmRaised e => $"node isolated: {Harmless(e.Alarm?.Code ?? "no code")}: {Harmless(e.Alarm?.Message ?? "")}",
        NodeAlarmCleared e => $"alarm cleared by {Harmless(e.By)}: {Harmless(e.Reason)}",
        _ => "event without a sentence",
    };

    private static string Name(TaskSubmitted e) => Spec(e.Spec) is { } spec ? Harmless(spec.Name) : "a spec that cannot be read";

    private static string Parts(IEnumerable<int> parts)
    {
        var list = parts.ToList();
        var named = string.Join(", ", list.Take(ListedAtMost).Select(p => Number(p)));
        return list.Count switch
        {
            0 => "no part",
            1 => $"part {named}",
            <= ListedAtMost => $"parts {named}",
            _ => $"{Number(list.Count)} parts ({named}, …)",
        };
    }

    private static string Checking(PartsAdded e)
    {
        var repeated = e.Parts.Where(p => p.HasCheckOf && p.Compares.Count == 0).Select(p => p.CheckOf).ToList();
        var compared = e.Parts.Where(p => p.HasCheckOf && p.Compares.Count > 0).Select(p => p.CheckOf).ToList();
        return (repeated.Count > 0 ? $", to repeat {Parts(repeated)}" : "") + (compared.Count > 0 ? $", to compare results of {Parts(compared)}" : "");
    }

    private static string Comparers(AnswersCompared e)
        => e.Groups.All(g => g.By is null) ? "their owner" : Nodes(e.Groups.Where(g => g.By is not null).Select(g => g.Node));

    private static string Nodes(IEnumerable<ByteString> nodes)
    {
        var list = nodes.Distinct().ToList();
        return list.Count > 3 ? $"{Number(list.Count)} nodes" : string.Join(", ", list.Select(n => Node(n)?.ToString() ?? "a node without an id"));
    }

    private static string Codes(AttemptsFailed e)
        => string.Join(", ", e.Failures.Select(f => Harmless(f.Fault?.Code ?? "no code")).Distinct().Take(ListedAtMost));

    // Amounts of strangers: too much to add up is shown as too much, never as an exception.
    private static long Sum(IEnumerable<long> amounts)
        => (long)Int128.Clamp(amounts.Aggregate(Int128.Zero, (sum, a) => sum + a), long.MinValue, long.MaxValue);

    private static string Count(int number, string what) => $"{Number(number)} {what}{(number == 1 ? "" : "s")}";
}
