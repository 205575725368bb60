using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Scheduling;

/// <summary>
/// The clock and the mailbox around <see cref="Matcher"/>. Whatever changes queues one pass behind the messages already
/// waiting, so many freed slots become one placement pass and one event per task. Keeps nothing: after a restart sessions
/// report their offers and tasks their demands again.
/// </summary>
internal sealed class MatchmakerActor : UntypedActor, IWithTimers
{
    /// <summary>Placements in one pass; more follow in the next.</summary>
    private const int MostAtOnce = 1000;

    private readonly Matcher _matcher = new();
    private readonly Neighbours _others;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _passQueued;
    private DateTimeOffset? _wakeAt;

    public MatchmakerActor(Neighbours others, TimeProvider time)
    {
        _others = others;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Pass:
                _passQueued = false;
                Place();
                break;
            case DemandUpdate m:
                _matcher.SetDemand(m.Demand);
                QueuePass();
                break;
            case RoomFreed m:
                Free(m);
                QueuePass();
                break;
            case PartsPlaced m:
                _matcher.Answered(m);
                if (m.Refused.Count > 0)
                    QueuePass();
                break;
            case OfferUpdate m:
                _matcher.UpdateOffer(m.Offer);
                QueuePass();
                break;
            case OfferGone m:
                _matcher.RemoveOffer(m.Node, m.Session);
                QueuePass();
                break;
            case AskWhy m:
                Sender.Tell(_matcher.Explain(m.Task, Now));
                break;
            case AskQuote m:
                Sender.Tell(Quote(m));
                break;
            case TaskRefused m:
                _log.Debug("{Task} takes no placement: {Code}", m.Task, m.Fault.Code);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    private void QueuePass()
    {
        if (_passQueued)
            return;
        _passQueued = true;
        Self.Tell(Pass.Instance, ActorRefs.NoSender);
    }

    private void Place()
    {
        var now = Now;
        var matches = _matcher.Pass(now, MostAtOnce);
        var byTask = new Dictionary<Shared.Ids.TaskId, List<Placed>>();
        foreach (var match in matches)
        {
            if (!byTask.TryGetValue(match.Task, out var placed))
                byTask.Add(match.Task, placed = []);
            placed.Add(match.Placed);
        }

        foreach (var (task, placed) in byTask)
            _others.Tasks.Tell(new PlaceParts(task, placed, now), Self);
        if (matches.Count == MostAtOnce)
            QueuePass();
        else
            Wake(now);
    }

    private void Wake(DateTimeOffset now)
    {
        var due = _matcher.NextDue();
        if (due == _wakeAt && (due is null || due > now))
            return;
        _wakeAt = due;
        if (due is not { } when)
            Timers.Cancel(nameof(Pass));
        else
            Timers.StartSingleTimer(nameof(Pass), Pass.Instance, when > now ? when - now : TimeSpan.Zero);
    }

    private void Free(RoomFreed m)
    {
        _matcher.FreeRoom(m.Task, m.Node, m.Session, m.Attempts);
        if (m.Fault is null)
            _matcher.NodeSucceeded(m.Node);
        else if (m.Fault.Culprit == Culprit.Node)
            _matcher.NodeFault(m.Node, Now);
    }

    private QuoteAnswer Quote(AskQuote m)
    {
        var survey = _matcher.Survey(m.Spec, m.Parts);
        return new QuoteAnswer(
            survey.NodesFit,
            survey.NodesTotal,
            survey.DemandPermille,
            survey.HighestAskPerCoreHour,
            survey.Estimate,
            survey.Reasons);
    }

    private sealed class Pass : INoSerializationVerificationNeeded
    {
        internal static readonly Pass Instance = new();
    }
}
