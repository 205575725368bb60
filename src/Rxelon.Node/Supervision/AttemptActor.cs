using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using Rxelon.Node.Blobs;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Supervision;

/// <summary>
/// One attempt: prepare → ready → (keys) → running → (upload) → reported. Every end but an ordered stop sends a signed report
/// or failure. What it does not expect makes it crash; the supervisor reports that, and nothing else is touched.
/// </summary>
internal sealed partial class AttemptActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KeyPatience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan RunGrace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan InputPatience = TimeSpan.FromMinutes(2);
    private const int RunPatience = 4;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _cancel = new();
    private readonly NodeServices _services;
    private readonly TaskWork _task;
    private readonly AttemptWork _work;
    private readonly SortedDictionary<int, ReadOnlyMemory<byte>> _pages = [];
    private readonly IActorRef _link;
    private CipherBlob? _result;
    private Metering _metering;
    private bool _stops;
    private Answer? _answer;
    private IReadOnlyList<IReadOnlyList<ResultAttempt>>? _compared;
    private bool _started;

    public AttemptActor(NodeServices services, TaskWork task, AttemptId id, AssignedWork part, IActorRef link)
    {
        _services = services;
        _task = task;
        _link = link;
        _work = new AttemptWork(services, task, id, part, frame => link.Tell(new Send(frame, Reliable: true)));
        Receive<StopNow>(OnStop);
        Receive<HandOver>(OnHandOver);
        Receive<Asked>(_ => { });
        Receive<Prepared>(OnPrepared);
        Receive<GrantKeys>(OnKeys);
        Receive<Ran>(m => OnRan(m.Outcome));
        Receive<UploadTo>(OnUploadGrant);
        Receive<Uploaded>(OnUploaded);
        Receive<Tick>(_ => SendProgress());
        Receive<Overdue>(OnOverdue);
        Receive<Status.Failure>(m => throw new InvalidOperationException($"Attempt {id} broke down.", m.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(NodeServices services, TaskWork task, AttemptId id, AssignedWork part, IActorRef link)
        => Akka.Actor.Props.Create(() => new AttemptActor(services, task, id, part, link));

    /// <inheritdoc/>
    protected override void PreStart()
        => _work.PrepareAsync(_cancel.Token).PipeTo(Self, success: fault => new Prepared(fault));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cancel.Cancel();
        _result?.Dispose();
        _checkpoint?.Dispose();
        _ = _work.DisposeAsync().AsTask().ContinueWith(_ => _cancel.Dispose(), TaskScheduler.Default);
    }

    private void OnPrepared(Prepared prepared)
    {
        if (prepared.Fault is { } fault)
        {
            Fail(fault, default, null);
            return;
        }

        Context.Parent.Tell(new AttemptReady(_work.Id));
        Timers.StartSingleTimer("overdue", new Overdue("The hub did not send the keys."), KeyPatience);
    }

    private void OnKeys(GrantKeys grant)
    {
        // Keys come once; a program never runs twice in one attempt.
        if (_started)
            return;
        _pages[grant.Page] = grant.Sealed;
        if (_pages.Count < _work.KeyPages)
            return;
        _started = true;
        Context.Parent.Tell(new AttemptStarted(_work.Id));
        Timers.StartPeriodicTimer("progress", Tick.Instance, ProgressEvery);
        Timers.StartSingleTimer("overdue", new Overdue("The sandbox did not end."), (RunPatience * _task.Time) + RunGrace + (_work.HasLateInput ? InputPatience : TimeSpan.Zero));
        _work.RunAsync([.. _pages.Values], _cancel.Token).PipeTo(Self, success: outcome => new Ran(outcome));
    }

    private void OnRan(AttemptOutcome outcome)
    {
        Timers.CancelAll();
        Context.Parent.Tell(new AttemptRan(_work.Id));
        _result = outcome.Result;
        _metering = outcome.Metering;
        _stops = outcome.Stops;
        _answer = outcome.Answer;
        _compared = outcome.Compared;
        if (outcome.Fault is { } fault)
            FailOrGiveBack(fault, outcome);
        else if (_result!.Reference.IsInline)
            Report();
        else
            AskForUpload(_result);
    }

    private void AskForUpload(CipherBlob blob) => _link.Tell(new Send(
        new ToHub
        {
            UploadRequest = new UploadRequest
            {
                Attempt = _work.Id.ToKey(),
                Id = ByteString.CopyFrom(blob.Reference.Id.ToDigest()),
                Size = blob.Reference.Size,
            },
        },
        Reliable: true));

    private void OnUploadGrant(UploadTo upload)
    {
        if (Uploading is not { } blob)
            return;
        if (upload.Grant.Code == FaultCodes.StaleAttempt)
        {
            Done();
            return;
        }

        if (upload.Grant.Path.Length == 0)
        {
            if (_result is null)
            {
                GiveBack(null);
                return;
            }

            var code = upload.Grant.Code.Length > 0 ? upload.Grant.Code : FaultCodes.Unavailable;
            Fail(new Fault(code, "The hub did not take the result's upload.", Culprit.Hub, Retryable: true), _metering, null);
            return;
        }

        _services.Blobs.UploadAsync(upload.Grant.Path, blob, _cancel.Token).PipeTo(Self, success: fault => new Uploaded(fault));
    }

    private void OnUploaded(Uploaded uploaded)
    {
        if (_result is null)
            GiveBack(uploaded.Fault is null ? _checkpoint : null);
        else if (uploaded.Fault is { } fault)
            Fail(fault, _metering, null);
        else
            Report();
    }

    private void Report()
    {
        Note("ok");
        var commitment = _answer is { } answer ? _services.Answers.Promise(_work.Id, answer) : null;
        _link.Tell(new Send(Reports.Result(_services, _work.Id, _work.InputId, _result!, _metering, _stops, commitment, _compared), Reliable: true));
        Done();
    }

    private void Fail(Fault fault, Metering metering, byte[]? log)
    {
        _log.Info("Attempt {Attempt} failed: {Code}: {Message}", _work.Id, fault.Code, fault.Message);
        Note(fault.Code);
        _link.Tell(new Send(Reports.Failure(_services, _work.Id, fault, metering, log), Reliable: true));
        Done();
    }

    private void OnStop(StopNow stop)
    {
        _log.Info("Attempt {Attempt} is stopped: {Reason}", _work.Id, stop.Reason);
        Note(FaultCodes.Stopped);
        Done();
    }

    /// <summary>The work is given up: whatever still runs is cancelled, and destroyed when it has ended (see PostStop).</summary>
    private void OnOverdue(Overdue overdue)
        => Fail(new Fault(FaultCodes.ExecutorFailed, overdue.Reason, Culprit.Node, Retryable: true), _metering, null);

    private void SendProgress()
    {
        var progress = _work.Usage.ToProgress(_work.Id);
        progress.Permille = _work.Permille;
        _link.Tell(new Send(new ToHub { Progress = progress }, Reliable: false));
    }

    private void Note(string how) => _services.Operations.Add(OperationKind.PartEnded, _work.Id.ToString(), how);

    private void Done()
    {
        Context.Parent.Tell(new AttemptDone(_work.Id));
        Context.Stop(Self);
    }

    private sealed record Prepared(Fault? Fault);

    private sealed record Ran(AttemptOutcome Outcome);

    private sealed record Uploaded(Fault? Fault);

    private sealed record Overdue(string Reason);

    private sealed class Tick
    {
        internal static Tick Instance { get; } = new();
    }
}
