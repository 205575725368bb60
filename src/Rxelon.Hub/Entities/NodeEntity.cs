using Akka.Actor;
using Rxelon.Domain.Kernel;
using Rxelon.Domain.Nodes;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Entities;

/// <summary>One node's record: membership and what it did. Its live session is the edge's affair.</summary>
internal sealed class NodeEntity(NodeId id, TimeProvider time, Neighbours others)
    : EntityActor<NodeState, INodeCommand, INodeEvent, NodeReply, INodeEffect>($"node-{id}", NodeState.Of(id), time)
{
    /// <inheritdoc/>
    protected override int SnapshotEvery => 200;

    /// <inheritdoc/>
    protected override Decision<INodeEvent, NodeReply, INodeEffect> Decide(NodeState state, INodeCommand command)
        => NodeDecider.Decide(state, command);

    /// <inheritdoc/>
    protected override NodeState Apply(NodeState state, INodeEvent happened) => NodeDecider.Apply(state, happened);

    /// <inheritdoc/>
    protected override IReadOnlyList<INodeEffect> After(NodeState before, NodeState after, IReadOnlyList<INodeEvent> batch)
        => NodeDecider.After(before, after, batch, Time.GetUtcNow());

    /// <inheritdoc/>
    protected override IReadOnlyList<INodeEffect> Owed(NodeState durable) => NodeDecider.Owed(durable, Time.GetUtcNow());

    /// <inheritdoc/>
    protected override INodeCommand Wake(DateTimeOffset now) => new GetNode(id, now);

    /// <inheritdoc/>
    protected override string ManifestOf(INodeEvent happened) => JournalSerializer.Codecs.ManifestOf(happened.GetType());

    /// <inheritdoc/>
    protected override void Perform(INodeEffect effect)
    {
        switch (effect)
        {
            case StandingChanged { Standing: NodeStanding.Revoked }:
                others.Router.Tell(
                    new CutNode(id, FaultCodes.NodeRevoked, "This node was revoked by an admin."), ActorRefs.NoSender);
                break;
            case QuarantineChanged e:
                others.Router.Tell(new SetQuarantine(id, e.IsQuarantined), ActorRefs.NoSender);
                break;
            case SpreadDistrust e:
                Context.System.EventStream.Publish(e); // this process's scanner knows the open tasks
                break;
            case NodeIsolated isolated:
                IntegrityMetrics.Alarms.Add(1, KeyValuePair.Create<string, object?>("code", isolated.Alarm.Code));
                var fault = NodeDecider.Isolated(isolated.Alarm);
                others.Router.Tell(new CutNode(id, fault.Code, fault.Message), ActorRefs.NoSender);
                break;
            case StandingChanged:
                break; // the node's session asks when it next says hello
            default:
                throw new InvalidOperationException($"A node cannot perform {effect.GetType().Name}.");
        }
    }
}
