using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Domain.Nodes;

/// <summary>A node's record as its events tell it. Every member is public so that a snapshot can be written and read back.</summary>
public sealed record NodeState
{
    private NodeState(NodeId id) => Id = id;

    public NodeId Id { get; }

    public NodeStanding Standing { get; init; }

    public AccountId Operator { get; init; }

    public string Name { get; init; } = "";

    public byte[] IdentityKey { get; init; } = [];

    /// <summary>The unguessable name its link announces.</summary>
    public string Label { get; init; } = "";

    public byte[] TlsSpkiSha256 { get; init; } = [];

    public DateTimeOffset EnrolledAt { get; init; }

    /// <summary>The end of the latest recorded window; an earlier one is a repeat.</summary>
    public DateTimeOffset RecordedTo { get; init; }

    public long OnlineMillis { get; init; }

    public long BusyMillis { get; init; }

    public long Accepted { get; init; }

    public long Failed { get; init; }

    public long Lost { get; init; }

    /// <summary>Why it gets no new parts; null when it does.</summary>
    public NodeQuarantined? Quarantine { get; init; }

    /// <summary>When an admin last let it work again; default: never.</summary>
    public DateTimeOffset ReinstatedAt { get; init; }

    /// <summary>What the node is compared with; null until it first said what it is.</summary>
    public NodeBaseline? Baseline { get; init; }

    /// <summary>Why the node is isolated; null when it is not.</summary>
    public IntegrityAlarm? Alarm { get; init; }

    /// <summary>What was seen when measures raised the alarm: an admin may approve it.</summary>
    public NodeBaseline? Suspect { get; init; }

    /// <summary>Where the node's operation log stood when the last window was recorded.</summary>
    public OperationHead? Log { get; init; }

    /// <summary>An admin let the operation log begin anew: heads kept before then count no more.</summary>
    public DateTimeOffset LogSince { get; init; }

    /// <summary>A node that nothing has happened to.</summary>
    public static NodeState Of(NodeId id) => new(id);
}
