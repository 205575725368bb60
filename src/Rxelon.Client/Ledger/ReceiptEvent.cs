using Google.Protobuf;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Ledger;

namespace Rxelon.Client.Ledger;

/// <summary>
/// One entry of a receipt with what its payload says. <paramref name="Message"/> is null for a kind that this version does not know,
/// and for a payload that is not what its manifest says (<paramref name="IsKnown"/> tells which).
/// </summary>
internal sealed record ReceiptEvent(ReceiptEntry Entry, EventLeaf Leaf, bool IsKnown, IMessage? Message)
{
    // Number of the hub's journal serializer; other serializers' events would be of kinds that are not known here.
    internal const int JournalSerializer = 4101;

    private static readonly Dictionary<string, MessageParser> Parsers = new(StringComparer.Ordinal)
    {
        ["task.submitted.1"] = TaskSubmitted.Parser,
        ["task.parts-added.1"] = PartsAdded.Parser,
        ["task.parts-assigned.1"] = PartsAssigned.Parser,
        ["task.keys-released.1"] = KeysReleased.Parser,
        ["task.parts-accepted.1"] = PartsAccepted.Parser,
        ["task.parts-reported.1"] = PartsReported.Parser,
        ["task.answers-revealed.1"] = AnswersRevealed.Parser,
        ["task.answers-compared.1"] = AnswersCompared.Parser,
        ["task.parts-rejected.1"] = PartsRejected.Parser,
        ["task.parts-spared.1"] = PartsSpared.Parser,
        ["task.operator-distrusted.1"] = OperatorDistrusted.Parser,
        ["task.attempts-failed.1"] = AttemptsFailed.Parser,
        ["task.attempts-resumed.1"] = AttemptsResumed.Parser,
        ["task.adjusted.1"] = TaskAdjusted.Parser,
        ["task.ended.1"] = TaskEnded.Parser,
        ["task.settlement-recorded.1"] = SettlementRecorded.Parser,
        ["task.erased.1"] = TaskErased.Parser,
        ["account.opened.1"] = AccountOpened.Parser,
        ["account.key-added.1"] = ApiKeyAdded.Parser,
        ["account.key-removed.1"] = ApiKeyRemoved.Parser,
        ["account.tokens-granted.1"] = TokensGranted.Parser,
        ["account.funds-held.1"] = FundsHeld.Parser,
        ["account.hold-changed.1"] = HoldChanged.Parser,
        ["account.hold-settled.1"] = HoldSettled.Parser,
        ["account.payouts-sent.1"] = PayoutsSent.Parser,
        ["account.payouts-confirmed.1"] = PayoutsConfirmed.Parser,
        ["account.payout-booked.1"] = PayoutBooked.Parser,
        ["account.closed.1"] = AccountClosed.Parser,
        ["node.enrolled.1"] = NodeEnrolled.Parser,
        ["node.approved.1"] = NodeApproved.Parser,
        ["node.revoked.1"] = NodeRevoked.Parser,
        ["node.renewed.1"] = NodeRenewed.Parser,
        ["node.quarantined.1"] = NodeQuarantined.Parser,
        ["node.reinstated.1"] = NodeReinstated.Parser,
        ["node.window-recorded.1"] = NodeWindowRecorded.Parser,
        ["node.measured.1"] = NodeMeasured.Parser,
        ["node.alarm-raised.1"] = NodeAlarmRaised.Parser,
        ["node.alarm-cleared.1"] = NodeAlarmCleared.Parser,
    };

    /// <summary>What went wrong when a known kind could not be read.</summary>
    internal bool IsUnreadable => IsKnown && Message is null;

    /// <summary>All entries whose leaf is an event's; those of a verified receipt all are.</summary>
    internal static IReadOnlyList<ReceiptEvent> Of(Receipt receipt)
        => [.. receipt.Entries.Select(Of).OfType<ReceiptEvent>()];

    private static ReceiptEvent? Of(ReceiptEntry entry)
    {
        if (Shared.Ledger.Leaf.Parse(entry.Leaf) is not { IsOk: true, Value: EventLeaf leaf })
            return null;
        if (entry.Serializer != JournalSerializer || !Parsers.TryGetValue(entry.Manifest, out var parser))
            return new ReceiptEvent(entry, leaf, false, null);
        try
        {
            var message = parser.ParseFrom(entry.Payload);
            return new ReceiptEvent(entry, leaf, true, IsWhole(message) ? message : null);
        }
        catch (InvalidProtocolBufferException)
        {
            return new ReceiptEvent(entry, leaf, true, null);
        }
    }

    // Nobody has to write the members of a message; whoever reads these counts on them.
    private static bool IsWhole(IMessage message) => message switch
    {
        PartsAssigned m => m.Parts.All(p => p.Attempt is not null),
        KeysReleased m => m.Releases.All(r => r.Attempt is not null),
        PartsAccepted m => m.Parts.All(p => p.Attempt is not null),
        PartsReported m => m.Parts.All(p => p.Attempt is not null),
        AnswersRevealed m => m.Answers.All(a => a.Attempt is not null),
        AnswersCompared m => m.Groups.All(g => g.Classes.SelectMany(c => c.Attempts).All(a => a is not null)),
        PartsRejected m => m.Parts.All(p => p.Attempt is not null),
        AttemptsFailed m => m.Failures.All(f => f.Attempt is not null),
        _ => true,
    };
}
