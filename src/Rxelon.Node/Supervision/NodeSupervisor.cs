using Akka.Actor;
using Akka.Event;
using Rxelon.Node.Integrity;
using Rxelon.Node.Link;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Supervision;

/// <summary>What the node's state means to whoever started it. Called on the actor's thread: must return at once.</summary>
internal interface INodeObserver
{
    /// <summary>In session with the hub.</summary>
    void Up(ulong epoch);

    /// <summary>No session; <paramref name="final"/> when the operator must act.</summary>
    void Down(Fault fault, bool final);
}

/// <summary>The top of the node: the link and the attempts, each supervised apart from the other.</summary>
internal sealed class NodeSupervisor : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeServices _services;
    private readonly INodeObserver _observer;
    private readonly IActorRef _link;
    private readonly IActorRef _executors;
    private readonly IActorRef _integrity = ActorRefs.Nobody;
    private IActorRef _leaving = ActorRefs.Nobody;
    private bool _linkIsUp;

    public NodeSupervisor(NodeServices services, Func<IActorRef, Props> link, INodeObserver observer)
    {
        _services = services;
        _observer = observer;
        _link = Context.ActorOf(link(Self), "link");
        _executors = Context.ActorOf(ExecutorSupervisor.Props(services, _link), "executors");
        if (services.Integrity is { } reporter)
            _integrity = Context.ActorOf(IntegrityActor.Props(reporter, _link, services.Time), "integrity");
        Receive<AskRunning>(_executors.Forward);
        Receive<FromHub>(_integrity.Forward, m => IntegrityActor.IsFor(m.Frame));
        Receive<FromHub>(_executors.Forward);
        Receive<LinkUp>(OnUp);
        Receive<LinkDown>(OnDown);
        Receive<Leave>(OnLeave);
        Receive<ExecutorSupervisor.AllStopped>(_ => _link.Tell(new LeaveHub("The node is shutting down.")));
        Receive<Terminated>(_ => _leaving.Tell(Left.Instance));
    }

    internal static Props Props(NodeServices services, Func<IActorRef, Props> link, INodeObserver observer)
        => Akka.Actor.Props.Create(() => new NodeSupervisor(services, link, observer));

    private void OnUp(LinkUp up)
    {
        _log.Debug("The hub's blobs are at {BlobBase}", up.Welcome.BlobBase);
        if (Uri.TryCreate(up.Welcome.BlobBase, UriKind.Absolute, out var blobs) && HubHttp.RefuseUrl(blobs) is null)
            _services.Blobs.SetBase(up.Welcome.BlobBase);
        _linkIsUp = true;
        _integrity.Tell(up);
        _observer.Up(up.Epoch);
    }

    private void OnDown(LinkDown down)
    {
        _linkIsUp = false;
        _integrity.Tell(down);
        _executors.Tell(down);
        _observer.Down(down.Fault, down.Final);
    }

    private void OnLeave(Leave leave)
    {
        _leaving = Sender;
        Context.Watch(_link);
        _executors.Tell(new ExecutorSupervisor.StopAll(leave.Reason, _linkIsUp));
    }

    /// <summary>To the node: report what runs, say goodbye. Answered by <see cref="Left"/>.</summary>
    internal sealed record Leave(string Reason) : INoSerializationVerificationNeeded;

    internal sealed class Left : INoSerializationVerificationNeeded
    {
        internal static Left Instance { get; } = new();
    }
}
