using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Nodes;

/// <summary>What a node's record does about each command. Pure: no clock, no randomness; see <see cref="Decision{TEvent,TReply,TEffect}"/>.</summary>
public static partial class NodeDecider
{
    /// <summary>Decides; an unknown command throws.</summary>
    public static Decision<INodeEvent, NodeReply, INodeEffect> Decide(NodeState state, INodeCommand command) => command switch
    {
        EnrolNode c => Enrol(state, c),
        ApproveNode c => Approve(state, c),
        RevokeNode c => Revoke(state, c),
        RenewNode c => Renew(state, c),
        RecordNodeWindow c => Record(state, c),
        QuarantineNode c => Quarantine(state, c),
        ReinstateNode c => Reinstate(state, c),
        MeasureNode c => Measure(state, c),
        RaiseNodeAlarm c => Raise(state, c),
        ClearNodeAlarm c => Clear(state, c),
        RebaselineNode c => Rebaseline(state, c),
        GetNode => new([], View(state), []),
        _ => throw new InvalidOperationException($"No rule for command {command.GetType().Name}."),
    };

    /// <summary>The state after an event; an unknown event throws.</summary>
    public static NodeState Apply(NodeState s, INodeEvent happened) => happened switch
    {
        NodeEnrolled e => s with
        {
            Operator = e.Operator,
            Name = e.Name,
            IdentityKey = e.IdentityKey,
            Label = e.Label,
            TlsSpkiSha256 = e.TlsSpkiSha256,
            Standing = e.Approved ? NodeStanding.Active : NodeStanding.Pending,
            EnrolledAt = s.Standing == NodeStanding.None ? e.At : s.EnrolledAt,
        },
        NodeApproved => s with { Standing = NodeStanding.Active },
        NodeRevoked => s with { Standing = NodeStanding.Revoked },
        NodeRenewed e => s with { TlsSpkiSha256 = e.TlsSpkiSha256 },
        NodeQuarantined e => s with { Quarantine = e },
        NodeReinstated e => s with { Quarantine = null, ReinstatedAt = e.At },
        NodeWindowRecorded { Window: var w } e => s with
        {
            Log = e.Log ?? s.Log,
            RecordedTo = w.To > s.RecordedTo ? w.To : s.RecordedTo,
            OnlineMillis = s.OnlineMillis + w.OnlineMillis,
            BusyMillis = s.BusyMillis + w.BusyMillis,
            Accepted = s.Accepted + w.Accepted,
            Failed = s.Failed + w.Failed,
            Lost = s.Lost + w.Lost,
        },
        NodeMeasured or NodeAlarmRaised or NodeAlarmCleared => ApplyIntegrity(s, happened),
        _ => throw new InvalidOperationException($"No rule for event {happened.GetType().Name}."),
    };

    /// <summary>Nothing follows from a batch as a whole.</summary>
    public static IReadOnlyList<INodeEffect> After(
        NodeState before, NodeState after, IReadOnlyList<INodeEvent> batch, DateTimeOffset now) => [];

    /// <summary>A revocation may not have reached the edge, and a lie not every task.</summary>
    public static IReadOnlyList<INodeEffect> Owed(NodeState durable, DateTimeOffset now) =>
    [
        .. durable.Standing == NodeStanding.Revoked ? [new StandingChanged(NodeStanding.Revoked)] : (IReadOnlyList<INodeEffect>)[],
        .. durable.Quarantine is { } lie ? [new SpreadDistrust(durable.Id, durable.Operator, lie.Task, lie.At)] : (IReadOnlyList<INodeEffect>)[],
    ];

    /// <summary>The node as admins and its operator may see it.</summary>
    public static NodeReply View(NodeState s) => s.Standing == NodeStanding.None ? new NodeRefused(s.Id, Unknown) : new NodeView(
        s.Id, s.Operator, s.Name, s.Standing, s.IdentityKey, s.Label, s.TlsSpkiSha256, s.EnrolledAt, s.OnlineMillis, s.Accepted, s.Failed, s.Lost,
        s.Baseline, s.Alarm, s.Log, s.LogSince, s.Quarantine);

    private static Fault Unknown { get; } = new(FaultCodes.NotFound, "There is no such node.");

    private static Fault Revoked { get; } = new(
        FaultCodes.NodeRevoked, "This node was revoked for good; make a new identity and ask for a new token.");

    private static Decision<INodeEvent, NodeReply, INodeEffect> Enrol(NodeState s, EnrolNode c)
    {
        if (s.Standing == NodeStanding.Revoked)
            return Refuse(s, Revoked);
        if (s.Standing != NodeStanding.None && (s.Operator != c.Operator || !s.IdentityKey.AsSpan().SequenceEqual(c.IdentityKey)))
            return Refuse(s, new Fault(FaultCodes.Conflict, "This node belongs to another operator."));
        if (s.Standing != NodeStanding.None && s.Name == c.Name && s.Label == c.Label && s.TlsSpkiSha256.AsSpan().SequenceEqual(c.TlsSpkiSha256))
            return Ok(s);

        // Enrolling again with the same key renews; it neither loses an approval nor wins one.
        var approved = s.Standing == NodeStanding.None ? !c.NeedsApproval : s.Standing == NodeStanding.Active;
        var enrolled = new NodeEnrolled(c.Operator, c.Name, c.IdentityKey, c.Label, c.TlsSpkiSha256, approved, c.At, c.Signed);
        return Ok(s, enrolled, new StandingChanged(approved ? NodeStanding.Active : NodeStanding.Pending));
    }

    private static Decision<INodeEvent, NodeReply, INodeEffect> Approve(NodeState s, ApproveNode c) => s.Standing switch
    {
        NodeStanding.None => Refuse(s, Unknown),
        NodeStanding.Revoked => Refuse(s, Revoked),
        NodeStanding.Active => Ok(s),
        _ => Ok(s, new NodeApproved(c.By, c.At), new StandingChanged(NodeStanding.Active)),
    };

    private static Decision<INodeEvent, NodeReply, INodeEffect> Revoke(NodeState s, RevokeNode c) => s.Standing switch
    {
        NodeStanding.None => Refuse(s, Unknown),
        NodeStanding.Revoked => new([], new NodeOk(s.Id), [new StandingChanged(NodeStanding.Revoked)]),
        _ => Ok(s, new NodeRevoked(c.By, c.Reason, c.At), new StandingChanged(NodeStanding.Revoked)),
    };

    private static Decision<INodeEvent, NodeReply, INodeEffect> Renew(NodeState s, RenewNode c) => s.Standing switch
    {
        NodeStanding.None => Refuse(s, Unknown),
        NodeStanding.Revoked => Refuse(s, Revoked),
        _ => s.TlsSpkiSha256.AsSpan().SequenceEqual(c.TlsSpkiSha256) ? Ok(s) : Ok(s, new NodeRenewed(c.TlsSpkiSha256, c.At)),
    };

    private static Decision<INodeEvent, NodeReply, INodeEffect> Quarantine(NodeState s, QuarantineNode c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : s.Quarantine is not null ? new([], new NodeOk(s.Id), [new QuarantineChanged(true)])
            : c.JudgedAt <= s.ReinstatedAt ? Ok(s)
            : Ok(
                s, new NodeQuarantined(c.Task, c.Part, c.Attempt, c.Reason, c.At),
                new QuarantineChanged(true), new SpreadDistrust(s.Id, s.Operator, c.Task, c.At));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Reinstate(NodeState s, ReinstateNode c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : s.Quarantine is null ? Ok(s)
            : Ok(s, new NodeReinstated(c.By, c.Reason, c.At), new QuarantineChanged(false));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Record(NodeState s, RecordNodeWindow c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : c.Window.To <= s.RecordedTo ? Ok(s)
            : Ok(s, new NodeWindowRecorded(c.Window, c.At, c.Log));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Ok(
        NodeState s, INodeEvent? happened = null, params IReadOnlyList<INodeEffect> effects)
        => new(happened is null ? [] : [happened], new NodeOk(s.Id), effects);

    private static Decision<INodeEvent, NodeReply, INodeEffect> Refuse(NodeState s, Fault fault) => new([], new NodeRefused(s.Id, fault), []);
}
