using Rxelon.Domain.Kernel;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Nodes;

/// <content>Is the node still what it was? (docs/design/integrity.md)</content>
public static partial class NodeDecider
{
    private const string First = "first";
    private const string Announced = "announced";
    private const string Allowed = "allowed";
    private const string Itself = "itself";

    /// <summary>The fault of a node that is isolated; it may ask again, an admin may have cleared the alarm.</summary>
    public static Fault Isolated(IntegrityAlarm alarm) => new(
        FaultCodes.NodeIsolated, $"This node is isolated since {alarm.At.UtcDateTime:u}: {alarm.Code}: {alarm.Message} Ask the network's admin.", Culprit.Node, Retryable: true);

    private static NodeState ApplyIntegrity(NodeState s, INodeEvent happened) => happened switch
    {
        NodeMeasured e => s with
        {
            Baseline = new NodeBaseline(e.Groups, e.ClientVersion, e.By, e.At),
            Alarm = IsOfLog(s) || s.Suspect is null ? s.Alarm : null,
            Suspect = null,
        },
        NodeAlarmRaised e => s with
        {
            Alarm = e.Alarm,
            Suspect = e.Seen.Count == 0 ? null : new NodeBaseline(e.Seen, e.ClientVersion, Itself, e.At),
        },
        NodeAlarmCleared e => s with
        {
            Alarm = null,
            Suspect = null,
            Log = IsOfLog(s) ? null : s.Log,
            LogSince = IsOfLog(s) ? e.At : s.LogSince,
        },
        _ => throw new InvalidOperationException($"No rule for event {happened.GetType().Name}."),
    };

    private static bool IsOfLog(NodeState s) => s.Alarm is { } alarm && AlarmCodes.IsOfLog(alarm.Code);

    private static Decision<INodeEvent, NodeReply, INodeEffect> Measure(NodeState s, MeasureNode c)
    {
        if (s.Standing == NodeStanding.None)
            return Refuse(s, Unknown);
        if (s.Alarm is { } standing)
            return Refuse(s, Isolated(standing));
        if (s.Baseline is not { } baseline)
            return Ok(s, new NodeMeasured(c.Groups, c.ClientVersion, First, c.At));
        var applicationChanged = Differs(baseline, c, MeasureGroups.Application);
        var configurationChanged = Differs(baseline, c, MeasureGroups.Configuration);
        if (applicationChanged && !c.IsKnown)
            return Raise(s, c, AlarmCodes.ApplicationChanged, MeasureGroups.Application, "the client's files are not those that were measured before, and no admin allowed them.");
        if (configurationChanged && !c.Announced.Contains(MeasureGroups.Configuration))
            return Raise(s, c, AlarmCodes.ConfigurationChanged, MeasureGroups.Configuration, "the options in force are not those that were measured before, and nobody announced a change.");
        if (applicationChanged)
            return Ok(s, new NodeMeasured(c.Groups, c.ClientVersion, Allowed, c.At));
        if (configurationChanged)
            return Ok(s, new NodeMeasured(c.Groups, c.ClientVersion, Announced, c.At));

        // Engines are upgraded by the machine's package manager and say so themselves: on record, no alarm.
        return Differs(baseline, c, MeasureGroups.Executors) ? Ok(s, new NodeMeasured(c.Groups, c.ClientVersion, Itself, c.At)) : Ok(s);
    }

    private static Decision<INodeEvent, NodeReply, INodeEffect> Raise(NodeState s, RaiseNodeAlarm c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : s.Alarm is { } standing ? new([], new NodeOk(s.Id), [new NodeIsolated(standing)])
            : Ok(s, new NodeAlarmRaised(c.Alarm, [], "", c.At), new NodeIsolated(c.Alarm));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Clear(NodeState s, ClearNodeAlarm c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : s.Alarm is null ? Refuse(s, new Fault(FaultCodes.Conflict, "No alarm stands against this node."))
            : Ok(s, new NodeAlarmCleared(c.By, c.Reason, c.At));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Rebaseline(NodeState s, RebaselineNode c)
        => s.Standing == NodeStanding.None ? Refuse(s, Unknown)
            : s.Suspect is not { } seen ? Refuse(s, new Fault(
                FaultCodes.Conflict, "No alarm about this node's files or configuration stands, so there is nothing new to approve."))
            : Ok(s, new NodeMeasured(seen.Groups, seen.ClientVersion, c.By, c.At));

    private static Decision<INodeEvent, NodeReply, INodeEffect> Raise(NodeState s, MeasureNode c, string code, string group, string message)
    {
        var seen = c.Groups.FirstOrDefault(g => g.Group == group)?.Digest ?? [];
        var alarm = new IntegrityAlarm(code, group, s.Baseline!.Of(group) ?? [], seen, message, c.At);
        return new([new NodeAlarmRaised(alarm, c.Groups, c.ClientVersion, c.At)], new NodeRefused(s.Id, Isolated(alarm)), [new NodeIsolated(alarm)]);
    }

    /// <summary>A group that is missing on one side differs.</summary>
    private static bool Differs(NodeBaseline baseline, MeasureNode c, string group)
    {
        var (known, seen) = (baseline.Of(group), c.Groups.FirstOrDefault(g => g.Group == group)?.Digest);
        return known is null || seen is null ? known != seen : !known.AsSpan().SequenceEqual(seen);
    }
}
