using Rxelon.Client.Hub;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using NodeEnrolled = Rxelon.Shared.Journal.NodeEnrolled;

namespace Rxelon.Client.KeyHolding;

/// <summary>
/// Whether a node is one of this network, by the ledger: its <c>node.enrolled</c> event is in the log, under a checkpoint that the policy
/// accepts and that belongs to the one history which this machine follows. What was proved is remembered. Not safe for concurrent use.
/// </summary>
/// <param name="hub">Gives the proof; it is not believed.</param>
/// <param name="follower">The log as seen from here.</param>
/// <param name="policy">Whose signatures count, asked anew each time because following learns new keys of the log.</param>
public sealed class EnrolmentCheck(HubClient hub, LogFollower follower, Func<Outcome<WitnessPolicy>> policy)
{
    private readonly Dictionary<NodeId, AccountId> _proved = [];

    /// <summary>
    /// The node's operator as recorded at its enrolment. Faults: not-yet and others that are retryable while the log cannot prove it
    /// yet; proof-failed, bad-signature, ledger-fork, ledger-rolled-back when something is wrong.
    /// </summary>
    public async Task<Outcome<AccountId>> OperatorOfAsync(TaskId task, NodeId node, byte[] identityKey, CancellationToken ct = default)
    {
        if (_proved.TryGetValue(node, out var known))
            return known;
        var file = await hub.NodeEnrolmentAsync(task, node, ct).ConfigureAwait(false);
        if (file.Fault is { } missing)
            return missing;
        var receipt = Receipt.Parse(file.Value);
        if (receipt.Fault is { } malformed)
            return malformed with { Culprit = Culprit.Hub };
        if (receipt.Value.Status != Receipt.Final)
            return new Fault(FaultCodes.NotYet, $"The ledger does not show the enrolment of {node} yet.", Culprit.None, Retryable: true);
        var step = await follower.FollowAsync(ct).ConfigureAwait(false);
        if (step.Fault is { } unseen)
            return unseen.Code == FaultCodes.Conflict ? unseen with { Retryable = true } : unseen;
        var trusted = policy();
        if (trusted.Fault is { } nobody)
            return nobody;
        var checkpoint = receipt.Value.Verify(trusted.Value);
        if (checkpoint.Fault is { } unproved)
            return unproved with { Culprit = Culprit.Hub };
        if (await OtherHistoryAsync(step.Value, checkpoint.Value, ct).ConfigureAwait(false) is { } other)
            return other;
        var operated = Read(receipt.Value, node, identityKey);
        if (operated.IsOk)
            _proved[node] = operated.Value;
        return operated;
    }

    /// <summary>What a verified receipt says of the node's enrolment; nothing of it depends on the hub's word.</summary>
    internal static Outcome<AccountId> Read(Receipt receipt, NodeId node, byte[] identityKey)
    {
        if (ReceiptEvent.Of(receipt) is not [{ Message: NodeEnrolled m, Entry.SequenceNr: 1 } only] || EventFields.NodeOf(only.Entry.Entity) != node)
            return Failed(node, "what the hub shows is not the enrolment of this node");
        if (!m.IdentityKey.Span.SequenceEqual(identityKey))
            return Failed(node, "it enrolled with another identity key");
        if (m.Signed is not { } signed || !Signatures.Verify(
            m.IdentityKey.Span, SignedStatements.EnrolDigests(m.IdentityKey.Span, signed.TokenSha256.Span, m.TlsSpkiSha256.Span), signed.Signature.Span))
            return Failed(node, "its enrolment is not signed by its identity key");
        return EventFields.Account(m.Operator) is { } operated ? operated : Failed(node, "its enrolment names no operator");
    }

    private async Task<Fault?> OtherHistoryAsync(FollowStep step, Checkpoint shown, CancellationToken ct)
    {
        if (shown.Origin != follower.Origin)
            return new Fault(FaultCodes.ProofFailed, $"The proof is of the log {shown.Origin}, and the one that is followed here is {follower.Origin}.", Culprit.Hub);
        if (shown.Size > step.Checkpoint.Size)
            return new Fault(FaultCodes.NotYet, "The proof is newer than the log that was just read.", Culprit.None, Retryable: true);
        var root = await step.Log.RootAsync(shown.Size, ct).ConfigureAwait(false);
        if (root.Fault is { } fault)
            return fault;
        return root.Value == shown.Root ? null : new Fault(
            FaultCodes.LedgerFork, $"{shown.Origin} showed a proof under another tree of {shown.Size} entries than the one it shows everybody.", Culprit.Hub);
    }

    private static Fault Failed(NodeId node, string why) => new(FaultCodes.ProofFailed, $"Nothing was sealed to {node}: {why}.", Culprit.Hub);
}
