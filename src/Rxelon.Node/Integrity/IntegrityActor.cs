using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using Rxelon.Node.Link;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Integrity;

/// <summary>
/// Answers challenges and ships the operation log: one batch at a time, the next when the hub has the one before on its disk, again
/// when nothing was heard. At each session the hub says where to go on, so nothing about shipping is kept here.
/// </summary>
internal sealed class IntegrityActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SendAgainAfter = TimeSpan.FromSeconds(6);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _cancel = new();
    private readonly IntegrityReporter _reporter;
    private readonly IActorRef _link;
    private readonly TimeProvider _time;
    private ulong? _held;
    private ulong _sent;
    private long _sentAt;
    private Challenge? _challenge;
    private bool _measuring;
    private string? _trouble;

    public IntegrityActor(IntegrityReporter reporter, IActorRef link, TimeProvider time)
    {
        (_reporter, _link, _time) = (reporter, link, time);
        Receive<LinkUp>(OnUp);
        Receive<LinkDown>(_ => _held = null);
        Receive<FromHub>(m => OnFrame(m.Frame));
        Receive<Measured>(OnMeasured);
        Receive<Tick>(_ => SignAndShip());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(IntegrityReporter reporter, IActorRef link, TimeProvider time)
        => Akka.Actor.Props.Create(() => new IntegrityActor(reporter, link, time));

    internal static bool IsFor(ToNode frame) => frame.BodyCase is ToNode.BodyOneofCase.Challenge or ToNode.BodyOneofCase.OperationAck;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, TickEvery);

    /// <inheritdoc/>
    protected override void PostStop() => _cancel.Cancel();

    private void OnUp(LinkUp up)
    {
        _held = up.Welcome.LogCount;
        _sent = 0;
        _challenge = null;
        try
        {
            _reporter.Accepted(up.Welcome.LogCount);
        }
        catch (IOException e)
        {
            _log.Warning(e, "What the hub let in could not be written down; it is tried again at the next session");
        }

        _reporter.Log.Add(OperationKind.SessionOpened, up.Epoch.ToString(System.Globalization.CultureInfo.InvariantCulture));
        SignAndShip();
    }

    private void OnFrame(ToNode frame)
    {
        if (frame.BodyCase == ToNode.BodyOneofCase.OperationAck)
        {
            _held = frame.OperationAck.Count;
            _sent = 0;
            Ship();
            return;
        }

        _challenge = frame.Challenge;
        Measure();
    }

    private void Measure()
    {
        if (_measuring || _challenge is not { } challenge)
            return;
        _measuring = true;
        _challenge = null;
        _reporter.ForChallengeAsync(challenge, _cancel.Token)
            .PipeTo(Self, success: report => new Measured(report, null), failure: e => new Measured(null, e));
    }

    private void OnMeasured(Measured measured)
    {
        _measuring = false;
        if (measured.Report is { } report)
            _link.Tell(new Send(new ToHub { Measures = report }, Reliable: true));
        else if (!_cancel.IsCancellationRequested)
            _log.Error(measured.Error, "This node could not measure itself; the hub will ask again");
        Measure();
    }

    // Signing syncs the file: at each tick, and not at each answer of the hub, which would keep two disks busy for as long as parts run.
    private void SignAndShip()
    {
        _reporter.Log.SignHead();
        if (_reporter.Log.Trouble is { } trouble && trouble != _trouble)
            _log.Warning("The operation log cannot be written, and what happens waits in memory: {Reason}", trouble);
        _trouble = _reporter.Log.Trouble;
        Ship();
    }

    private void Ship()
    {
        if (_held is not { } held || (_sent > held && _time.GetElapsedTime(_sentAt) < SendAgainAfter) || _reporter.Log.Batch(held) is not { } batch)
            return;
        var frame = new OperationBatch { First = batch.First, Head = batch.Head.ToWire() };
        frame.Records.AddRange(batch.Records.Select(r => UnsafeByteOperations.UnsafeWrap(r)));
        _sent = batch.Head.Count;
        _sentAt = _time.GetTimestamp();
        _link.Tell(new Send(new ToHub { Operations = frame }, Reliable: false));
    }

    private sealed record Measured(MeasureReport? Report, Exception? Error);

    private sealed class Tick
    {
        internal static Tick Instance { get; } = new();
    }
}
