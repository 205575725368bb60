using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Nodes;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// A node's session, in the private system: admits hellos, watches over liveness, and speaks with entities for the node. Exists
/// from the first hello until the session ended and every entity knows. Each accepted hello begins a new epoch.
/// </summary>
internal sealed partial class NodeSession : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ReturnGrace = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan WindowEvery = TimeSpan.FromHours(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly NodeId _node;
    private readonly SessionServices _services;
    private readonly SessionWindow _window;
    private Calls _calls = null!;
    private SessionWork _work = null!;
    private SessionResults _results = null!;
    private SessionLive _live = null!;
    private SessionIntegrity _integrity = null!;
    private SessionChannel? _channel;
    private Admission? _admission;
    private AccountId _operator;
    private NodeOffer? _offer;
    private DateTimeOffset _since;
    private string _version = "";
    private IReadOnlyList<string> _warnings = [];
    private bool _suspect;
    private bool _raising;
    private bool _fastTick;
    private long _busySince;
    private long? _goneSince;

    public NodeSession(NodeId node, SessionServices services)
    {
        _node = node;
        _services = services;
        _window = new SessionWindow(services.Time);
        Receive<NodeGreeted>(m => OnHello(m.Line, m.Hello));
        Receive<FromNode>(m => OnFrame(m.Line, m.Frame));
        Receive<StartParts>(m =>
        {
            if (!WithChannel(m, () => _work.Start(m)))
                _work.Late(m);
        });
        Receive<GrantParts>(m => WithChannel(m, () => _work.Grant(m)));
        Receive<StopParts>(m => WithChannel(m, () => _work.Stop(m)));
        Receive<AskReveals>(m => _results.AskReveals(m));
        Receive<SetQuarantine>(OnQuarantine);
        Receive<DrainNode>(OnDrain);
        Receive<SessionWork.BlobsRead>(m => _work.On(m));
        Receive<SessionResults.Stored>(m => _results.On(m));
        Receive<SessionIntegrity.Kept>(m => _integrity.On(m));
        Receive<HeadRead>(OnHead);
        Receive<CutSession>(m => Cut(m.Fault));
        Receive<Calls.Answered>(m =>
        {
            _calls.On(m);
            StopWhenDone();
        });
        Receive<Calls.Unanswered>(m => _calls.On(m));
        Receive<Calls.Again>(m => _calls.On(m));
        Receive<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _calls = new Calls(Self, Timers);
        var book = new AttemptBook();
        _results = new SessionResults(_node, _services, _calls, _window, book, Self, _log);
        _work = new SessionWork(_node, _services, _calls, _window, book, _results, Self);
        _live = new SessionLive(_node, _services, book, _results);
        _integrity = new SessionIntegrity(_node, _services, _calls, Self, _log, Raise);
        Timers.StartPeriodicTimer("tick", Tick.Instance, IdleTick);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        if (_channel is not null)
            _channel.Line.Session = null;
    }

    private void OnHello(INodeLine line, Hello hello)
    {
        var nonce = hello.Nonce.Span;
        if (_admission is not null && nonce.SequenceEqual(_admission.Hello.Nonce.Span))
            return;
        if (_channel?.Welcome is { } welcome && nonce.SequenceEqual(_channel.Nonce) && _channel.Line == line)
        {
            _channel.SendOnce(new ToNode { Welcome = welcome });
            return;
        }

        if (HelloCheck.OfFrame(hello, line.Identity, line.Origin, _services.Options, _services.Now) is { } fault)
        {
            Refuse(line, fault);
            return;
        }

        if (_raising)
            return; // until the alarm is on record; the hello is repeated
        if (_channel is not null && !hello.Instance.Span.SequenceEqual(_channel.Instance) && !MayTakeOver(line))
            return;
        var admission = _admission = new Admission(line, hello);
        _calls.Send(
            () => _services.Nodes, () => new GetNode(_node, _services.Now),
            reply => AfterRecord(admission, (NodeReply)reply));
    }

    /// <summary>
    /// Another process with this identity: refused while the present one is heard. One whose socket is gone has a moment to come
    /// back (its link may just have been cut); a killed one does not, and its successor need not wait for the silence to count.
    /// </summary>
    private bool MayTakeOver(INodeLine line)
    {
        if (Overdue >= _services.Options.SuspectAfter)
            return true;
        if (_channel!.Line.IsConnected)
        {
            _goneSince = null;
            Refuse(line, new Fault(
                FaultCodes.DuplicateIdentity, "Another process with this node's identity is connected: stop one of them.", Culprit.Node, Retryable: true));
            return false;
        }

        // The hello is repeated every second.
        _goneSince ??= _services.Time.GetTimestamp();
        return _services.Time.GetElapsedTime(_goneSince.Value) >= ReturnGrace;
    }

    private void AfterRecord(Admission admission, NodeReply reply)
    {
        if (admission != _admission)
            return;
        if (HelloCheck.OfRecord(reply, admission.Hello, admission.Line.Identity) is { } fault)
        {
            _admission = null;
            Refuse(admission.Line, fault);
            return;
        }

        admission.View = (NodeView)reply;
        _operator = admission.View.Operator;
        _quarantined = admission.View.Quarantine is not null;
        AskHead(admission);
    }

    private void Admit(Admission admission, IReadOnlyList<AttemptId> stop)
    {
        _admission = null;
        var hello = admission.Hello;
        var previous = _channel;
        if (previous is not null && previous.Line != admission.Line)
            previous.Line.Session = null;
        _channel = new SessionChannel(admission.Line, admission.Epoch, hello, _services.Time, previous);
        _offer = admission.Offer;
        _version = VersionOf(hello);
        _warnings = WireMap.Warnings(hello.Offer);
        _suspect = false;
        _drained &= previous is not null && hello.Instance.Span.SequenceEqual(previous.Instance);
        _goneSince = null;
        if (previous is null)
        {
            _since = _services.Now;
            _window.Begin(_since);
        }

        admission.Line.Session = Self;
        var options = _services.Options;
        var welcome = new Welcome
        {
            Protocol = HelloCheck.Protocol,
            IdleBeatMillis = (uint)options.IdleBeat.TotalMilliseconds,
            BusyBeatMillis = (uint)options.BusyBeat.TotalMilliseconds,
            UnixMillis = _services.Now.ToUnixTimeMilliseconds(),
            HelloNonce = hello.Nonce,
            BlobBase = _services.Urls.BaseUrl,
            LogCount = admission.Head?.Count ?? 0,
        };
        welcome.Stop.AddRange(stop.Select(WireMap.Key));
        _log.Info("Node {Node} is in, session {Session}, client {Version}", _node, _channel.Epoch, _version);
        Context.Parent.Tell(new SessionUp(Offered, Self));
        _channel.Open(welcome);
        _work.Opened(_channel, hello, stop);
        _integrity.Open(_channel, hello, admission.Head);
        TellNews();
        Pace();
    }

    private void OnFrame(INodeLine line, ToHub frame)
    {
        if (_channel is null || _channel.Line != line || frame.Epoch != _channel.Epoch)
        {
            Refuse(line, new Fault(FaultCodes.StaleSession, "This session is over: say hello.", Retryable: true));
            return;
        }

        var fresh = _channel.Receive(frame, out var violation);
        if (_suspect)
            Trust();
        if (fresh && Handle(frame) is { } problem)
            violation = problem;
        if (violation is not null)
        {
            _log.Warning("Node {Node} broke the protocol: {Violation}", _node, violation);
            line.Drop(violation);
        }

        Pace();
    }

    /// <summary>Null, or how the frame breaks the protocol.</summary>
    private string? Handle(ToHub frame)
    {
        switch (frame.BodyCase)
        {
            case ToHub.BodyOneofCase.None:
                return null;
            case ToHub.BodyOneofCase.Beat:
                return OnBeat(frame.Beat);
            case ToHub.BodyOneofCase.Goodbye:
                End("it said goodbye", new Fault(FaultCodes.NodeRestarted, "The node left.", Culprit.Node, Retryable: true));
                return null;
            case ToHub.BodyOneofCase.RenewRequest:
                return Renew(frame.RenewRequest);
            case ToHub.BodyOneofCase.PartsReady:
                return _work.Ready(frame.PartsReady);
            case ToHub.BodyOneofCase.Report:
                return _results.Report(frame.Report);
            case ToHub.BodyOneofCase.Failure:
                return _results.Failure(frame.Failure);
            case ToHub.BodyOneofCase.Reveals:
                return _results.Revealed(frame.Reveals);
            case ToHub.BodyOneofCase.UploadRequest:
                return _results.Upload(frame.UploadRequest);
            case ToHub.BodyOneofCase.Progress or ToHub.BodyOneofCase.Log:
                return _live.Take(frame);
            case ToHub.BodyOneofCase.Measures:
                return _integrity.Report(frame.Measures);
            case ToHub.BodyOneofCase.Operations:
                return _integrity.Batch(frame.Operations);
            default:
                return $"{frame.BodyCase} does not belong here";
        }
    }

    private string? OnBeat(Beat beat)
    {
        _channel!.SendOnce(new ToNode { BeatAck = new BeatAck { UnixMillis = _services.Now.ToUnixTimeMilliseconds() } });
        if (beat.Offer is not null)
        {
            if (WireMap.Offer(beat.Offer, _node, _operator, _channel.Epoch, _services.Options) is not { } offer)
                return "its offer makes no sense";
            _offer = offer;
            _warnings = WireMap.Warnings(beat.Offer);
            Context.Parent.Tell(new SessionOffer(Offered));
        }

        TellNews();
        return null;
    }

    private void OnTick()
    {
        if (_channel is null)
        {
            StopWhenDone();
            return;
        }

        var options = _services.Options;
        if (Overdue >= options.LostAfter)
        {
            End("it fell silent", new Fault(FaultCodes.NodeLost, "The node fell silent.", Culprit.Node, Retryable: true), died: true);
            return;
        }

        if (!_suspect && Overdue >= options.SuspectAfter)
        {
            _suspect = true;
            Context.Parent.Tell(new SessionOffer(Offered));
        }

        _channel.Tick();
        _live.Tick();
        if (_window.Age >= WindowEvery)
            _work.Record(_window.Close(_services.Now), _integrity.Head);
        _integrity.Tick(_offer);
        Pace();
    }

    /// <summary>Silence beyond the beat. An idle node that just got work is not late by the busy beat's measure.</summary>
    private TimeSpan Overdue
    {
        get
        {
            var options = _services.Options;
            if (!_work.IsBusy)
                return _channel!.Silence - options.IdleBeat;
            var busy = _services.Time.GetElapsedTime(_busySince);
            return (busy < _channel!.Silence ? busy : _channel.Silence) - options.BusyBeat;
        }
    }

    private void Trust()
    {
        _suspect = false;
        Context.Parent.Tell(new SessionOffer(Offered));
    }

    private bool WithChannel(IToNode work, Action then)
    {
        // The router checks too; a hello may have come in between.
        if (_channel is null || work.Session != _channel.Epoch)
            return false;
        then();
        Pace();
        return true;
    }

    private void Refuse(INodeLine line, Fault fault)
    {
        if (fault.Code is not (FaultCodes.StaleSession or FaultCodes.NodeIsolated))
            _log.Info("Refused node {Node}: {Code}", _node, fault.Code);
        line.Send(Refusals.Frame(fault));
        if (line.Session is null)
            StopWhenDone();
    }

    private void TellNews() => Context.Parent.Tell(new SessionNews(new SessionStatus(
        Offered, _since, _services.Now, _work.Running, _version, _warnings)));

    /// <summary>Ten thousand idle sessions must not tick four times a second.</summary>
    private void Pace()
    {
        var fast = _channel is not null && (_work.IsBusy || _channel.Unacknowledged > 0);
        if (fast == _fastTick)
            return;
        _fastTick = fast;
        if (fast)
            _busySince = _services.Time.GetTimestamp();
        _window.Busy(fast);
        Timers.StartPeriodicTimer("tick", Tick.Instance, fast ? BusyTick : IdleTick);
    }

    private sealed class Admission(INodeLine line, Hello hello)
    {
        internal INodeLine Line { get; } = line;

        internal Hello Hello { get; } = hello;

        internal ulong Epoch { get; set; }

        internal NodeOffer? Offer { get; set; }

        internal NodeView View { get; set; } = null!;

        /// <summary>What the node's operation log is held to.</summary>
        internal OperationHead? Head { get; set; }
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static Tick Instance { get; } = new();
    }
}
