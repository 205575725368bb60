using Akka.Actor;
using Akka.Event;
using Rxelon.Node.Executors;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>
/// One <see cref="AttemptActor"/> per attempt, the room they take, and the frames between them and the hub. Attempts that break
/// down are reported here; the others go on.
/// </summary>
internal sealed partial class ExecutorSupervisor : ReceiveActor, IWithTimers
{
    /// <summary>A task's program stays open this long after its last attempt here: the next part usually follows at once.</summary>
    private static readonly TimeSpan TaskLinger = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan OfferPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Images, models and members of a cluster come and go while a node runs; the hub places by what it was told last.</summary>
    private static readonly TimeSpan ImagesPause = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeServices _services;
    private readonly IActorRef _link;
    private readonly Dictionary<AttemptId, Attempt> _attempts = [];
    private readonly Dictionary<IActorRef, AttemptId> _actors = [];
    private readonly Dictionary<(TaskId, string), TaskWork> _tasks = [];
    private readonly Dictionary<AttemptId, AssignedWork> _gathering = [];
    private readonly List<AttemptKey> _ready = [];
    private IReadOnlyList<ExecutorReport> _reports;
    private bool _offerDue;
    private bool _draining;

    public ExecutorSupervisor(NodeServices services, IActorRef link)
    {
        _services = services;
        _reports = services.Reports;
        _link = link;
        Receive<FromHub>(m => OnFrame(m.Frame));
        Receive<AttemptReady>(OnReady);
        Receive<FlushReady>(_ => OnFlushReady());
        Receive<AttemptStarted>(OnStarted);
        Receive<AttemptRan>(OnRan);
        Receive<AttemptDone>(m => Forget(m.Id));
        Receive<Terminated>(OnTerminated);
        Receive<PublishOffer>(_ => OnPublish());
        Receive<ForgetTask>(OnForgetTask);
        Receive<AskRunning>(_ => OnAskRunning());
        Receive<StopAll>(OnStopAll);
        Receive<StopPatienceOver>(_ => OnStopPatienceOver());
        Receive<LinkDown>(_ => OnLinkDown());
        Receive<LookForImages>(_ => LookForImagesAsync().PipeTo(Self));
        Receive<ImagesSeen>(OnImages);
        Receive<Status.Failure>(f => _log.Warning(f.Cause, "An executor did not say what it has now; the last list stays"));
    }

    private enum Phase
    {
        Preparing = 1,
        Ready = 2,
        Running = 3,
        Reporting = 4,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(NodeServices services, IActorRef link)
        => Akka.Actor.Props.Create(() => new ExecutorSupervisor(services, link));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("images", LookForImages.Instance, ImagesPause);

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        FailAll(FaultCodes.ExecutorFailed, "The node's supervisor broke down.");
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var task in _tasks.Values)
            task.Dispose();
    }

    private void OnFrame(ToNode frame)
    {
        switch (frame.BodyCase)
        {
            case ToNode.BodyOneofCase.Assign:
                OnAssign(frame.Assign);
                break;
            case ToNode.BodyOneofCase.KeyGrants:
                foreach (var grant in frame.KeyGrants.Grants)
                {
                    _services.Operations.Add(OperationKind.KeysReceived, grant.Attempt.ToId().ToString());
                    Tell(grant.Attempt.ToId(), new GrantKeys(grant.Sealed.Memory, checked((int)grant.Page)));
                }

                break;
            case ToNode.BodyOneofCase.Stop:
                _gathering.Remove(frame.Stop.Attempt.ToId());
                if (!frame.Stop.KeepCheckpoint)
                    OnSettled(frame.Stop.Attempt.ToId());
                Tell(frame.Stop.Attempt.ToId(), frame.Stop.KeepCheckpoint ? new HandOver(frame.Stop.Reason, IsOrdered: true) : new StopNow(frame.Stop.Reason));
                break;
            case ToNode.BodyOneofCase.UploadGrant:
                Tell(frame.UploadGrant.Attempt.ToId(), new UploadTo(frame.UploadGrant));
                break;
            case ToNode.BodyOneofCase.ReportAck:
                OnReportAck(frame.ReportAck);
                break;
            case ToNode.BodyOneofCase.Reveal:
                if (_services.Answers.Reveal(frame.Reveal) is { } shown)
                    _link.Tell(new Send(shown, Reliable: true));
                break;
            case ToNode.BodyOneofCase.Drain:
                _log.Info("Draining: {Reason}", frame.Drain.Reason);
                Drain(frame.Drain);
                break;
            default:
                throw new InvalidOperationException($"A frame of kind {frame.BodyCase} is not for attempts.");
        }
    }

    /// <summary>A new session begins: what the old one had not said to its end, the hub places again.</summary>
    private void OnAskRunning()
    {
        _gathering.Clear();
        Sender.Tell(new RunningAttempts([.. _attempts.Select(a => a.Value.ToWire(a.Key))], Offer()));
    }

    private void OnReportAck(ReportAck ack)
    {
        OnSettled(ack.Attempt.ToId());
        if (!ack.Accepted)
            _log.Info("The hub did not take attempt {Attempt}: {Code}: {Message}", ack.Attempt.ToId(), ack.Code, ack.Message);
    }

    private void OnAssign(AssignParts assign)
    {
        var task = TaskFor(assign);
        foreach (var part in assign.Parts)
        {
            var id = new AttemptId(task.Task, checked((int)part.Part), checked((int)part.Number));
            if (_attempts.ContainsKey(id) || Gathered(id, part) is not { } work)
                continue;
            if (_stopping is not null || RunningCount >= _services.Terms.Slots || !task.Resources.FitsIn(_services.Terms.Total - Used))
            {
                Fail(id, FaultCodes.NodeBusy, "The node has no room for this part just now.");
                continue;
            }

            _services.Operations.Add(OperationKind.PartAssigned, id.ToString());
            var actor = Context.ActorOf(AttemptActor.Props(_services, task, id, work, _link));
            Context.Watch(actor);
            _attempts.Add(id, new Attempt(actor, task));
            _actors.Add(actor, id);
        }

        if (!IsUsed(task.Key))
            ForgetLater(task.Key);
        OfferChanged();
    }

    /// <summary>The part once all of it was said; null before.</summary>
    private AssignedWork? Gathered(AttemptId id, AssignedPart part)
    {
        if (_gathering.TryGetValue(id, out var work))
            work.Add(part);
        else
            _gathering[id] = work = new AssignedWork(id, part);
        if (!work.IsComplete)
            return null;
        _gathering.Remove(id);
        return work;
    }

    private void Fail(AttemptId id, string code, string message)
    {
        var fault = new Fault(code, message, Culprit.Node, Retryable: true);
        _services.Operations.Add(OperationKind.PartEnded, id.ToString(), code);
        _link.Tell(new Send(Reports.Failure(_services, id, fault, default, null), Reliable: true));
    }

    private TaskWork TaskFor(AssignParts assign)
    {
        var id = (TaskId.FromBytes(assign.Task.Span), assign.Stage);
        Timers.Cancel(id);
        if (_tasks.TryGetValue(id, out var known))
        {
            known.Refresh(assign);
            return known;
        }

        return _tasks[id] = new TaskWork(assign, _services.Blobs);
    }

    /// <summary>Parts that became ready at the same time are told in one frame.</summary>
    private void OnReady(AttemptReady ready)
    {
        SetPhase(ready.Id, Phase.Ready);
        _ready.Add(ready.Id.ToKey());
        if (_ready.Count == 1)
            Self.Tell(FlushReady.Instance);
    }

    private void OnFlushReady()
    {
        var frame = new ToHub { PartsReady = new PartsReady() };
        frame.PartsReady.Attempts.AddRange(_ready);
        _ready.Clear();
        _link.Tell(new Send(frame, Reliable: true));
    }

    private void OnStarted(AttemptStarted started)
    {
        _services.Operations.Add(OperationKind.PartStarted, started.Id.ToString());
        SetPhase(started.Id, Phase.Running);
    }

    private void OnRan(AttemptRan ran)
    {
        SetPhase(ran.Id, Phase.Reporting);
        OfferChanged();
    }

    private void OnTerminated(Terminated terminated)
    {
        if (!_actors.Remove(terminated.ActorRef, out var id) || !_attempts.ContainsKey(id))
            return;
        _log.Error("Attempt {Attempt} broke down", id);
        Fail(id, FaultCodes.ExecutorFailed, "The attempt broke down on the node.");
        Forget(id);
    }

    private void Forget(AttemptId id)
    {
        if (!_attempts.Remove(id, out var attempt))
            return;
        if (!IsUsed(attempt.Task.Key))
            ForgetLater(attempt.Task.Key);
        _actors.Remove(attempt.Actor);
        OfferChanged();
        LeaveIfDone();
    }

    private void ForgetLater((TaskId, string) task) => Timers.StartSingleTimer(task, new ForgetTask(task), TaskLinger);

    private void OnForgetTask(ForgetTask forget)
    {
        if (!IsUsed(forget.Task) && _tasks.Remove(forget.Task, out var task))
            task.Dispose();
    }

    private void FailAll(string code, string message)
    {
        foreach (var (id, attempt) in _attempts.ToList())
        {
            Fail(id, code, message);
            _attempts.Remove(id);
            Context.Stop(attempt.Actor);
        }
    }

    private void Tell(AttemptId id, object message)
    {
        if (_attempts.TryGetValue(id, out var attempt))
            attempt.Actor.Tell(message);
    }

    private void SetPhase(AttemptId id, Phase phase)
    {
        if (_attempts.TryGetValue(id, out var attempt))
            attempt.Phase = phase;
    }

    private async Task<ImagesSeen> LookForImagesAsync()
    {
        Dictionary<WorkloadKind, IReadOnlyList<string>> seen = [];
        Dictionary<WorkloadKind, ModelPool> pools = [];
        foreach (var executor in _services.Executors)
        {
            if (executor.Pool() is { } pool)
                pools[executor.Kind] = pool;
            if (await executor.ImagesAsync(CancellationToken.None).ConfigureAwait(false) is { } images)
                seen[executor.Kind] = images;
        }

        return new ImagesSeen(seen, pools);
    }

    private void OnImages(ImagesSeen message)
    {
        var changed = _reports.Any(r => message.Images.TryGetValue(r.Kind, out var now) && !now.SequenceEqual(r.Images))
            || _reports.Any(r => message.Pools.TryGetValue(r.Kind, out var pool) && !pool.IsLike(r.Pool));
        if (!changed)
            return;
        foreach (var report in _reports)
        {
            if (!message.Images.TryGetValue(report.Kind, out var present))
                continue;
            foreach (var added in present.Except(report.Images))
                _services.Operations.Add(OperationKind.ImageAdded, added);
            foreach (var removed in report.Images.Except(present))
                _services.Operations.Add(OperationKind.ImageRemoved, removed);
        }

        _reports =
        [
            .. _reports.Select(r => message.Images.TryGetValue(r.Kind, out var now) ? r with { Images = now } : r)
                .Select(r => message.Pools.TryGetValue(r.Kind, out var pool) ? r with { Pool = pool } : r),
        ];
        OfferChanged();
    }

    private void OfferChanged()
    {
        if (_offerDue)
            return;
        _offerDue = true;
        Timers.StartSingleTimer("offer", PublishOffer.Instance, OfferPause);
    }

    private void OnPublish()
    {
        _offerDue = false;
        _link.Tell(new OfferChanged(Offer(), _attempts.Count));
    }

    private Offer Offer() => Offers.Build(_services, _reports, Used, GpusUsed, RunningCount, _draining);

    private bool IsUsed((TaskId, string) task) => _attempts.Values.Any(a => a.Task.Key == task);

    private int RunningCount => _attempts.Values.Count(a => a.Phase != Phase.Reporting);

    private int GpusUsed => _attempts.Values.Where(a => a.Phase != Phase.Reporting).Sum(a => a.Task.Gpu?.Count ?? 0);

    private Resources Used => _attempts.Values
        .Where(a => a.Phase != Phase.Reporting)
        .Aggregate(default(Resources), (sum, a) => sum + a.Task.Resources);

    private sealed class Attempt(IActorRef actor, TaskWork task)
    {
        internal IActorRef Actor { get; } = actor;

        internal TaskWork Task { get; } = task;

        internal Phase Phase { get; set; } = Phase.Preparing;

        internal RunningAttempt ToWire(AttemptId id) => new() { Attempt = id.ToKey(), Phase = (uint)Phase };
    }

    private sealed class FlushReady
    {
        internal static FlushReady Instance { get; } = new();
    }

    private sealed class PublishOffer
    {
        internal static PublishOffer Instance { get; } = new();
    }

    private sealed record ForgetTask((TaskId, string) Task);

    private sealed class LookForImages
    {
        internal static LookForImages Instance { get; } = new();
    }

    private sealed record ImagesSeen(
        IReadOnlyDictionary<WorkloadKind, IReadOnlyList<string>> Images, IReadOnlyDictionary<WorkloadKind, ModelPool> Pools);
}
