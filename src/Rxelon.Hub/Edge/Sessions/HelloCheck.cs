using Rxelon.Domain.Nodes;
using Rxelon.Hub.Config;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Pure checks of a hello: null when it may go on.</summary>
internal static class HelloCheck
{
    /// <summary>The one protocol that this hub speaks.</summary>
    internal const uint Protocol = 1;

    /// <summary>What can be told from the frame and the certificate alone.</summary>
    internal static Fault? OfFrame(Hello hello, PeerIdentity identity, string origin, HubOptions options, DateTimeOffset now)
    {
        if (hello.Protocol != Protocol)
            return new Fault(
                FaultCodes.ProtocolVersion, $"This hub speaks protocol {Protocol}, you speak {hello.Protocol}: install a matching version.", Culprit.Node);
        if (hello.Nonce.Length != 16 || hello.Instance.Length != LinkNames.Size || hello.Offer is null
            || !LinkNames.TryReadOrigin(origin, out _, out var instance) || !instance.AsSpan().SequenceEqual(hello.Instance.Span))
            return new Fault(FaultCodes.Malformed, "The hello is incomplete.", Culprit.Node);
        if (hello.IdentityKey.Length != Signatures.PublicKeySize || !hello.NodeId.Span.SequenceEqual(identity.Node.ToBytes())
            || NodeId.OfIdentityKey(hello.IdentityKey.Span) != identity.Node)
            return new Fault(FaultCodes.Forbidden, "The node id, the identity key and the certificate do not belong together.", Culprit.Node);
        if (!ExchangeKeyPair.IsUsablePublicKey(hello.SessionKey.Span)
            || !Signatures.Verify(
                hello.IdentityKey.Span, SignedStatements.Session(identity.Node, hello.SessionKey.Span, hello.Nonce.Span), hello.Signature.Span))
            return new Fault(FaultCodes.BadSignature, "The session key is not signed by the node's identity.", Culprit.Node);
        return OfClock(hello.UnixMillis, options.MaxClockSkew, now);
    }

    /// <summary>What the node's record says.</summary>
    internal static Fault? OfRecord(NodeReply reply, Hello hello, PeerIdentity identity) => reply switch
    {
        NodeView { Standing: NodeStanding.Revoked } => Revoked,
        NodeView { Standing: NodeStanding.Pending } => new Fault(
            FaultCodes.NodeNotApproved, "An admin has not approved this node yet.", Retryable: true),
        NodeView { Standing: NodeStanding.Active, Alarm: { } alarm } => NodeDecider.Isolated(alarm),
        NodeView { Standing: NodeStanding.Active } node when node.IdentityKey.AsSpan().SequenceEqual(hello.IdentityKey.Span)
            && string.Equals(node.Label, identity.Label, StringComparison.Ordinal) => null,
        NodeView { Standing: NodeStanding.Active } => new Fault(
            FaultCodes.Forbidden, "The certificate is not the one of this node's enrolment: join again.", Culprit.Node),
        NodeRefused refused => refused.Fault,
        _ => new Fault(FaultCodes.NotFound, "This hub does not know the node: join first.", Culprit.Node),
    };

    /// <summary>The fault of a node that was revoked.</summary>
    internal static Fault Revoked { get; } = new(FaultCodes.NodeRevoked, "This node was revoked by an admin.", Culprit.Node);

    private static Fault? OfClock(long unixMillis, TimeSpan tolerance, DateTimeOffset now)
    {
        var ours = now.ToUnixTimeMilliseconds();
        if (Math.Abs((double)unixMillis - ours) <= tolerance.TotalMilliseconds)
            return null;
        var theirs = unixMillis is > -62_135_596_800_000 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(unixMillis).ToString("u")
            : "out of range";
        return new Fault(
            FaultCodes.ClockSkew,
            $"The node's clock says {theirs}, the hub's says {now.UtcDateTime:u}; they may differ by {tolerance.TotalMinutes:0} minutes. Set the node's clock.",
            Culprit.Node, Retryable: true);
    }
}
