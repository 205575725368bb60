using Rxelon.Domain.Kernel;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Nodes;

/// <summary>Where a node's membership stands.</summary>
public enum NodeStanding
{
    None = 0,

    /// <summary>Enrolled; an admin has not approved it (only where the CHS asks for approval).</summary>
    Pending = 1,
    Active = 2,
    Revoked = 3,
}

/// <summary>Asks a node's record to do something.</summary>
public interface INodeCommand
{
    NodeId Node { get; }

    DateTimeOffset At { get; }
}

/// <summary>From the gateway, which consumed the join token and checked the signature. Repeats with the same key renew the certificate.</summary>
public sealed record EnrolNode(
    NodeId Node, AccountId Operator, string Name, byte[] IdentityKey, string Label, byte[] TlsSpkiSha256, bool NeedsApproval, DateTimeOffset At,
    EnrolmentSignature? Signed = null) : INodeCommand;

/// <summary>
/// The node's own signature over <c>SignedStatements.Enrol</c> and the digest of the join token's secret that is in it. Kept with the
/// event, so that nobody can say that the hub made the node up.
/// </summary>
public sealed record EnrolmentSignature(byte[] TokenSha256, byte[] Signature);

public sealed record ApproveNode(NodeId Node, string By, DateTimeOffset At) : INodeCommand;

/// <summary>Cut off at once and for good.</summary>
public sealed record RevokeNode(NodeId Node, string By, string Reason, DateTimeOffset At) : INodeCommand;

/// <summary>A new TLS key (renewal): the certificate's SPKI digest changes.</summary>
public sealed record RenewNode(NodeId Node, byte[] TlsSpkiSha256, DateTimeOffset At) : INodeCommand;

/// <summary>
/// From the node's session when it ends or at a window's end: what the node did since the last time, and where its operation log stood.
/// </summary>
public sealed record RecordNodeWindow(NodeId Node, NodeWindow Window, DateTimeOffset At, OperationHead? Log = null) : INodeCommand;

/// <summary>Counts of one window; one event per window, not per attempt.</summary>
public sealed record NodeWindow(
    DateTimeOffset From, DateTimeOffset To, long OnlineMillis, int Accepted, int Failed, int Lost, long BusyMillis);

/// <summary>From a task: this attempt's answer was wrong. The node gets no new parts until an admin lifts it.</summary>
public sealed record QuarantineNode(NodeId Node, TaskId Task, int Part, int Attempt, string Reason, DateTimeOffset At) : INodeCommand
{
    /// <summary>When the verdict was: an admin's word covers every lie that was proven before it.</summary>
    public DateTimeOffset? JudgedAt { get; init; }
}

/// <summary>From an admin: the node may work again.</summary>
public sealed record ReinstateNode(NodeId Node, string By, string Reason, DateTimeOffset At) : INodeCommand;

/// <summary>Asks for <see cref="NodeView"/>; changes nothing.</summary>
public sealed record GetNode(NodeId Node, DateTimeOffset At) : INodeCommand, IQuery;

public interface INodeEvent
{
    DateTimeOffset At { get; }
}

public sealed record NodeEnrolled(
    AccountId Operator, string Name, byte[] IdentityKey, string Label, byte[] TlsSpkiSha256, bool Approved, DateTimeOffset At,
    EnrolmentSignature? Signed = null) : INodeEvent;

public sealed record NodeApproved(string By, DateTimeOffset At) : INodeEvent;

public sealed record NodeRevoked(string By, string Reason, DateTimeOffset At) : INodeEvent;

public sealed record NodeRenewed(byte[] TlsSpkiSha256, DateTimeOffset At) : INodeEvent;

public sealed record NodeWindowRecorded(NodeWindow Window, DateTimeOffset At, OperationHead? Log = null) : INodeEvent;

/// <summary>It gave a wrong answer (docs/design/verification.md): whose, and a stable code. The first one is kept until it is lifted.</summary>
public sealed record NodeQuarantined(TaskId Task, int Part, int Attempt, string Reason, DateTimeOffset At) : INodeEvent;

public sealed record NodeReinstated(string By, string Reason, DateTimeOffset At) : INodeEvent;

public abstract record NodeReply(NodeId Node);

public sealed record NodeOk(NodeId Node) : NodeReply(Node);

public sealed record NodeRefused(NodeId Node, Fault Fault) : NodeReply(Node);

public sealed record NodeView(
    NodeId Node, AccountId Operator, string Name, NodeStanding Standing, byte[] IdentityKey, string Label, byte[] TlsSpkiSha256,
    DateTimeOffset EnrolledAt, long OnlineMillis, long Accepted, long Failed, long Lost,
    NodeBaseline? Baseline = null, IntegrityAlarm? Alarm = null, OperationHead? Log = null, DateTimeOffset LogSince = default,
    NodeQuarantined? Quarantine = null) : NodeReply(Node);

public interface INodeEffect;

/// <summary>To the edge: let this node's session in, or cut it off at once.</summary>
public sealed record StandingChanged(NodeStanding Standing) : INodeEffect;

/// <summary>To the edge: this node's session gets no new parts, or gets them again.</summary>
public sealed record QuarantineChanged(bool IsQuarantined) : INodeEffect;

/// <summary>
/// To every open task that is verified: what this operator computed and nobody checked does not count any more (<see cref="DistrustOperator"/>).
/// Owed again after recovery for as long as the node is quarantined.
/// </summary>
public sealed record SpreadDistrust(NodeId Node, AccountId Operator, TaskId LiedIn, DateTimeOffset Since) : INodeEffect;
