using Akka.Actor;
using Akka.Remote;
using Rxelon.Link;
using Rxelon.Link.Certificates;
using Rxelon.Link.Faults;
using Rxelon.Link.Guard;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <summary>
/// One connection's worth of Akka.Remote: a thin actor system that is thrown away whenever the link is in doubt. After a cut the
/// remote layer of the old one may be one-way or quarantined for days; a new one has a new uid, which the hub takes at once.
/// What happens is told to the owner, tagged with the generation.
/// </summary>
internal sealed class DisposableLink
{
    private readonly ActorSystem _system;
    private readonly IActorRef _link;
    private readonly IActorRef _door;

    private DisposableLink(ActorSystem system, IActorRef link, IActorRef door)
    {
        _system = system;
        _link = link;
        _door = door;
    }

    /// <summary>Starts the system; the connection is opened by the first frame.</summary>
    internal static DisposableLink Open(NodeMembership membership, string origin, PeerCheck check, int generation, IActorRef owner)
    {
        var system = LinkConfig.StartNode(
            origin, new DialSetup(membership.Info.EdgeHost, membership.Info.EdgePort), membership.Certificate, check,
            reason => owner.Tell(new LinkBroken(generation, $"the hub's certificate was refused: {reason}")));
        var link = system.ActorOf(Props.Create(() => new End(owner, generation)), "link");
        var door = ((ExtendedActorSystem)system).Provider.ResolveActorRef($"{LinkConfig.EdgeAddress}{LinkNames.DoorPath}");
        // A failed TLS handshake shuts the dialling system down (Akka.Remote does that, without a switch).
        _ = system.WhenTerminated.ContinueWith(
            _ => owner.Tell(new LinkBroken(generation, "the link system ended")), TaskScheduler.Default);
        return new DisposableLink(system, link, door);
    }

    /// <summary>Sends once; the frame must not be changed afterwards.</summary>
    internal void Send(ToHub frame)
    {
        if (Failpoint.IsArmed)
            Failpoint.Hit($"node.frame.{frame.BodyCase}.out");
        _door.Tell(frame, _link);
    }

    /// <summary>Ends it; completes when its socket is closed.</summary>
    internal Task CloseAsync() => _system.Terminate();

    private sealed class End : ReceiveActor
    {
        public End(IActorRef owner, int generation)
        {
            Receive<ToNode>(frame =>
            {
                if (Failpoint.IsArmed)
                    Failpoint.Hit($"node.frame.{frame.BodyCase}.in");
                owner.Tell(new FromEdge(generation, frame));
            });
            Receive<DisassociatedEvent>(_ => owner.Tell(new LinkBroken(generation, "the connection ended")));
            Receive<AssociationErrorEvent>(e => owner.Tell(new LinkBroken(generation, e.Cause.Message)));
            Receive<ThisActorSystemQuarantinedEvent>(_ => owner.Tell(new LinkBroken(generation, "the hub quarantined this link")));
            ReceiveAny(_ => { });
        }

        protected override void PreStart()
        {
            Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
            Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
            Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        }
    }
}

/// <summary>From a disposable link: a frame.</summary>
internal sealed record FromEdge(int Generation, ToNode Frame) : INoSerializationVerificationNeeded;

/// <summary>From a disposable link: it is in doubt.</summary>
internal sealed record LinkBroken(int Generation, string Reason) : INoSerializationVerificationNeeded;
