using Akka.Actor;
using Rxelon.Hub.Edge.Sessions;
using Rxelon.Link.Certificates;
using Rxelon.Link.Faults;
using Rxelon.Link.Guard;
using Rxelon.Link.Wire;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge;

/// <summary>
/// The one actor that nodes can send to, in the edge system. It throttles and hands frames over; it decides nothing. The guard
/// admits only frames whose sender is the certified origin, so the sender's host says who it is.
/// </summary>
internal sealed class NodeDoor : ReceiveActor, IWithTimers
{
    private const double FramesPerSecond = 3_000;
    private const double FrameBurst = 6_000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Entry> _lines = new(StringComparer.Ordinal);
    private readonly IActorRef _router;
    private readonly EdgeGuard _guard;
    private readonly TimeProvider _time;

    public NodeDoor(IActorRef router, EdgeGuard guard, TimeProvider time)
    {
        _router = router;
        _guard = guard;
        _time = time;
        Receive<ToHub>(OnFrame);
        Receive<MalformedFrame>(_ => _guard.Drop(Sender.Path.Address.Host, "it sent a frame that cannot be read"));
        Receive<Sweep>(_ => ForgetClosed());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("sweep", Sweep.Instance, SweepEvery);

    private void OnFrame(ToHub frame)
    {
        var origin = Sender.Path.Address.Host;
        if (origin is null || _guard.Identify(origin) is not { } identity)
            return;
        if (!_lines.TryGetValue(origin, out var entry))
            _lines[origin] = entry = new Entry(new EdgeLine(identity, origin, LinkOf(Sender.Path.Address), Self, _guard), new RateLimit(_time, FramesPerSecond, FrameBurst));
        if (!entry.Rate.TryTake())
        {
            _guard.Drop(origin, "it sends too many frames");
            return;
        }

        if (Failpoint.IsArmed)
            Failpoint.Hit($"hub.frame.{frame.BodyCase}.in");
        if (frame.BodyCase == ToHub.BodyOneofCase.Hello)
            _router.Tell(new NodeGreeted(entry.Line, frame.Hello));
        else if (entry.Line.Session is { } session)
            session.Tell(new FromNode(entry.Line, frame));
        else
            entry.Line.Send(Refusals.Frame(new Fault(FaultCodes.StaleSession, "This hub has no session for you: say hello.", Retryable: true)));
    }

    // Not the sender itself: its path ends with the uid of that link actor, and a node's next link system has another one.
    private static IActorRef LinkOf(Address node)
        => ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef($"{node}{LinkNames.LinkPath}");

    private void ForgetClosed()
    {
        foreach (var origin in _lines.Keys.Where(o => _guard.Identify(o) is null).ToList())
            _lines.Remove(origin);
    }

    private sealed record Entry(EdgeLine Line, RateLimit Rate);

    private sealed class Sweep
    {
        internal static Sweep Instance { get; } = new();
    }
}

/// <summary>The way to one node process. Sending hands the frame to the edge system, which serializes it there.</summary>
internal sealed class EdgeLine(PeerIdentity identity, string origin, IActorRef link, IActorRef door, EdgeGuard guard) : INodeLine
{
    private volatile IActorRef? _session;

    public PeerIdentity Identity => identity;

    public string Origin => origin;

    public bool IsConnected => guard.Identify(origin) is not null;

    public IActorRef? Session
    {
        get => _session;
        set => _session = value;
    }

    public void Send(ToNode frame)
    {
        if (Failpoint.IsArmed)
            Failpoint.Hit($"hub.frame.{frame.BodyCase}.out");
        link.Tell(frame, door);
    }

    public void Drop(string reason) => guard.Drop(origin, reason);
}
