using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge.Sessions;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Edge;

/// <summary>
/// Knows which live session serves which node: passes work on, keeps the matchmaker's picture of offers, and lists sessions. One
/// <see cref="NodeSession"/> child per node that said hello; benches may bring proxies of their own with <see cref="SessionUp"/>.
/// </summary>
internal sealed class NodeRouter : ReceiveActor
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(200);
    private readonly Dictionary<NodeId, Live> _live = [];
    private readonly RevealQuestions _questions;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ActorRegistry _registry;
    private readonly Lazy<SessionServices> _services;
    private readonly TimeProvider _time;

    public NodeRouter(ActorRegistry registry, Lazy<SessionServices> services)
        : this(registry, services, TimeProvider.System)
    {
    }

    internal NodeRouter(ActorRegistry registry, Lazy<SessionServices> services, TimeProvider time)
    {
        _registry = registry;
        _services = services;
        _time = time;
        _questions = new RevealQuestions(time);
        Receive<NodeGreeted>(OnGreeted);
        Receive<IToNode>(OnWork);
        Receive<AskReveals>(OnReveals);
        Receive<SetQuarantine>(m => Context.Child(m.Node.ToString()).Tell(m));
        Receive<SessionUp>(OnUp);
        Receive<SessionOffer>(m => OnOffer(m.Offer));
        Receive<SessionNews>(OnNews);
        Receive<SessionDown>(m => OnDown(m.Node, m.Session, m.Reason));
        Receive<DrainNode>(OnDrain);
        Receive<CutNode>(OnCut);
        Receive<ListSessions>(_ => Sender.Tell(new SessionList(_live.Values.Select(l => l.Status).ToList())));
        Receive<Terminated>(OnTerminated);
        Receive<DeadLetter>(m => OnLate((StartParts)m.Message), m => m.Message is StartParts);
        Receive<DeadLetter>(_ => { });
    }

    /// <inheritdoc/>
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter)); // a stopped session's mailbox

    /// <summary>A session that fails loses its memory: it ends, and the node's next hello makes a fresh one.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void OnGreeted(NodeGreeted greeted)
    {
        var node = greeted.Line.Identity.Node;
        var child = Context.Child(node.ToString());
        if (child.IsNobody())
        {
            var services = _services.Value;
            child = Context.ActorOf(Props.Create(() => new NodeSession(node, services)), node.ToString());
            Context.Watch(child);
        }

        child.Tell(greeted);
    }

    private void OnWork(IToNode work)
    {
        if (_live.TryGetValue(work.Node, out var live) && live.Status.Offer.Session == work.Session)
        {
            live.Proxy.Forward(work);
            return;
        }

        // Grants and stops for a session that is gone are without object: its end or its successor told the task.
        if (work is StartParts start)
            OnLate(start);
    }

    private void OnReveals(AskReveals ask)
    {
        _questions.Keep(ask);
        if (_live.TryGetValue(ask.Node, out var live))
            live.Proxy.Tell(ask);
    }

    private void OnLate(StartParts start) => _registry.Get<TaskRegion>().Tell(new FailAttempts(
        start.Task, start.Node, start.Parts.Select(p => new FailedAttempt(p.Attempt, SessionWork.SessionOver, null, [])).ToList(), _time.GetUtcNow()));

    private void OnUp(SessionUp up)
    {
        if (_live.TryGetValue(up.Offer.Node, out var old) && old.Status.Offer.Session != up.Offer.Session)
            Matchmaker(new OfferGone(up.Offer.Node, old.Status.Offer.Session));
        var now = _time.GetUtcNow();
        _live[up.Offer.Node] = new Live(up.Proxy, new SessionStatus(up.Offer, now, now, 0, "", []));
        Matchmaker(new OfferUpdate(up.Offer));
        foreach (var ask in _questions.Of(up.Offer.Node))
            up.Proxy.Tell(ask);
    }

    private void OnOffer(NodeOffer offer)
    {
        if (!_live.TryGetValue(offer.Node, out var live) || live.Status.Offer.Session != offer.Session)
            return;
        _live[offer.Node] = live with { Status = live.Status with { Offer = offer } };
        Matchmaker(new OfferUpdate(offer));
    }

    private void OnNews(SessionNews news)
    {
        var offer = news.Status.Offer;
        if (_live.TryGetValue(offer.Node, out var live) && live.Status.Offer.Session == offer.Session)
            _live[offer.Node] = live with { Status = news.Status };
    }

    private void OnDown(NodeId node, ulong session, string reason)
    {
        if (!_live.TryGetValue(node, out var live) || live.Status.Offer.Session != session)
            return;
        _log.Info("Session of {Node} ended: {Reason}", node, reason);
        _live.Remove(node);
        Matchmaker(new OfferGone(node, session));
    }

    private void OnCut(CutNode cut)
    {
        // With or without a session: the certificate is refused from now on.
        if (cut.Code == FaultCodes.NodeRevoked)
            _services.Value.Guard.Revoke(cut.Node, Farewell);
        var child = Context.Child(cut.Node.ToString());
        if (!child.IsNobody())
            child.Tell(new CutSession(new Fault(cut.Code, cut.Reason, Culprit.Node, Retryable: cut.Code != FaultCodes.NodeRevoked)));
    }

    private void OnDrain(DrainNode drain)
    {
        if (_live.TryGetValue(drain.Node, out var live))
            live.Proxy.Forward(drain);
        else
            Sender.Tell(new NodeDraining(null));
    }

    private void OnTerminated(Terminated terminated)
    {
        foreach (var (node, live) in _live.Where(l => l.Value.Proxy.Equals(terminated.ActorRef)).ToList())
            OnDown(node, live.Status.Offer.Session, "its session failed");
    }

    private void Matchmaker(object message) => _registry.Get<MatchmakerKey>().Tell(message);

    private sealed record Live(IActorRef Proxy, SessionStatus Status);
}
