using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using Rxelon.Link.Certificates;
using Rxelon.Link.Wire;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Link;

/// <summary>What a link needs: the membership, the X25519 public key that part keys are sealed to, where its outbox is, the version to announce.</summary>
internal sealed partial record LinkSettings(NodeMembership Membership, byte[] SessionKey, string StateDirectory, string ClientVersion);

/// <summary>
/// The node's side of the session (messages in LinkMessages.cs): connects, says hello, beats, acknowledges, sends again, renews
/// its certificate, and rebuilds the <see cref="DisposableLink"/> whenever the hub has been silent for too long or the transport
/// reports trouble. Reliable frames of this process go over from session to session in order.
/// </summary>
internal sealed partial class HubLink : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan HelloAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OfferPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(5);

    // Silence beyond the beat after which the link is rebuilt: well within the hub's patience.
    private static readonly TimeSpan SilenceAllowed = TimeSpan.FromSeconds(3);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly byte[] _instance = RandomNumberGenerator.GetBytes(LinkNames.Size);
    private readonly LinkSettings _settings;
    private readonly IActorRef _supervisor;
    private readonly TimeProvider _time;
    private readonly PeerCheck _check;
    private readonly LinkOutbox _outbox;
    private readonly BackOff _backOff = new();
    private readonly ReliableOut<ToHub> _out;
    private readonly ReliableIn _in = new();
    private readonly Dictionary<string, RunningAttempt> _reporting = new(StringComparer.Ordinal);
    private DisposableLink? _link;
    private int _generation;
    private bool _up;
    private bool _left;
    private Hello? _hello;
    private Welcome? _welcome;
    private ulong _epoch;
    private Offer? _offer;
    private bool _offerChanged;
    private int _running;
    private long _greetedAt;
    private long _helloSentAt;
    private long _heardAt;
    private long _beatAt;
    private ECDsa? _renewal;
    private string? _lastFault;

    public HubLink(LinkSettings settings, IActorRef supervisor, TimeProvider time)
    {
        _settings = settings;
        _supervisor = supervisor;
        _time = time;
        _check = PeerCheck.ForAuthority(settings.Membership.CaDer, time);
        _outbox = new LinkOutbox(settings.StateDirectory);
        _out = new ReliableOut<ToHub>(time);
        Receive<Connect>(_ => OnConnect());
        Receive<RunningAttempts>(OnRunning);
        Receive<FromEdge>(m => OnFrame(m.Generation, m.Frame));
        Receive<LinkBroken>(m => OnBroken(m.Generation, m.Reason));
        Receive<Send>(OnSend);
        Receive<OfferChanged>(OnOffer);
        Receive<Measured>(OnMeasured);
        Receive<CannotMeasure>(m => _log.Error(m.Error, "This node could not measure itself; it says hello again later"));
        Receive<Tick>(_ => OnTick());
        Receive<LeaveHub>(OnLeave);
        Receive<Left>(_ => Context.Stop(Self));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(LinkSettings settings, IActorRef supervisor, TimeProvider time)
        => Akka.Actor.Props.Create(() => new HubLink(settings, supervisor, time));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        foreach (var frame in _outbox.Load())
        {
            _out.Add(frame);
            Remember(frame);
        }

        Timers.StartPeriodicTimer("tick", Tick.Instance, TickEvery);
        Self.Tell(Connect.Instance);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _ = _link?.CloseAsync();
        _renewal?.Dispose();
        _check.Dispose();
    }

    private void OnConnect()
    {
        if (_left || _link is not null)
            return;
        var origin = LinkNames.Origin(_settings.Membership.Info.Label, _instance);
        _link = DisposableLink.Open(_settings.Membership, origin, _check, ++_generation, Self);
        Greet();
    }

    // The hello names what runs here, so it is asked for anew each time.
    private void Greet()
    {
        _up = false;
        _hello = null;
        _greetedAt = _time.GetTimestamp();
        _supervisor.Tell(AskRunning.Instance);
    }

    private void OnRunning(RunningAttempts running)
    {
        if (_link is null || _up)
            return;
        _offer = running.Offer;
        _running = running.Attempts.Count;
        _offerChanged = false;
        var nonce = RandomNumberGenerator.GetBytes(16);
        var membership = _settings.Membership;
        var statement = SignedStatements.Session(membership.Info.Node, _settings.SessionKey, nonce);
        _hello = new Hello
        {
            Protocol = 1,
            NodeId = ByteString.CopyFrom(membership.Info.Node.ToBytes()),
            Instance = ByteString.CopyFrom(_instance),
            SessionKey = ByteString.CopyFrom(_settings.SessionKey),
            Nonce = ByteString.CopyFrom(nonce),
            Signature = ByteString.CopyFrom(membership.Identity.Sign(statement)),
            ClientVersion = _settings.ClientVersion,
            Offer = running.Offer,
            IdentityKey = ByteString.CopyFrom(membership.Identity.PublicKey),
        };
        var named = running.Attempts.ToDictionary(a => Name(a.Attempt), StringComparer.Ordinal);
        // What waits to be reported is still this node's: otherwise the hub would give the part to somebody else.
        foreach (var (name, attempt) in _reporting)
            named[name] = attempt;
        _hello.Running.AddRange(named.Values);
        MeasureAndSend(nonce);
    }

    private void SendHello()
    {
        _helloSentAt = _time.GetTimestamp();
        var hello = _hello!.Clone();
        hello.UnixMillis = _time.GetUtcNow().ToUnixTimeMilliseconds();
        _link!.Send(new ToHub { Hello = hello });
    }

    private void OnFrame(int generation, ToNode frame)
    {
        if (generation != _generation || _link is null)
            return;
        if (frame.BodyCase == ToNode.BodyOneofCase.Refused)
        {
            OnRefused(frame.Refused);
            return;
        }

        if (frame.BodyCase == ToNode.BodyOneofCase.Welcome)
        {
            OnWelcome(frame);
            return;
        }

        if (!_up || frame.Epoch != _epoch)
            return;
        _heardAt = _time.GetTimestamp();
        if (!_out.Acknowledge(frame.Ack))
        {
            Rebuild("the hub acknowledged what was never sent");
            return;
        }

        _logs.Acknowledged(frame.Ack);
        SendLogs();

        if (_in.Take(frame.Seq))
            Handle(frame);
    }

    private void Handle(ToNode frame)
    {
        switch (frame.BodyCase)
        {
            case ToNode.BodyOneofCase.None or ToNode.BodyOneofCase.BeatAck:
                return;
            case ToNode.BodyOneofCase.RenewGrant:
                OnRenewed(frame.RenewGrant.CertificateDer.ToByteArray());
                return;
            case ToNode.BodyOneofCase.ReportAck:
                _outbox.Forget(frame.ReportAck.Attempt);
                _reporting.Remove(Name(frame.ReportAck.Attempt));
                break;
        }

        _supervisor.Tell(new FromHub(frame));
    }

    private void OnWelcome(ToNode frame)
    {
        if (_hello is null || _up || !frame.Welcome.HelloNonce.Equals(_hello.Nonce))
            return;
        _up = true;
        _lastFault = null;
        _backOff.Reset();
        _welcome = frame.Welcome;
        _epoch = frame.Epoch;
        _heardAt = _beatAt = _time.GetTimestamp();
        _in.Restart();
        _log.Info("In session {Epoch} with the hub", _epoch);
        _supervisor.Tell(new LinkUp(frame.Welcome, frame.Epoch));
        foreach (var stop in frame.Welcome.Stop)
            _supervisor.Tell(new FromHub(new ToNode { Epoch = _epoch, Stop = new StopAttempt { Attempt = stop, Reason = "The hub no longer wants it." } }));
        var again = _out.Restart(_ => true);
        _logs.Restarted(again);
        foreach (var (seq, waiting) in again)
            Transmit(waiting, seq);
        SendLogs();
        RenewIfDue();
    }

    private void OnRefused(Refused refused)
    {
        if (refused.Code == FaultCodes.StaleSession)
        {
            // The hub restarted or forgot us: the connection is fine, the session is not.
            if (_up)
                Greet();
            return;
        }

        var fault = new Fault(refused.Code, refused.Message, Culprit.None, refused.Retryable);
        Down(fault, final: !refused.Retryable);
        Close();
        if (refused.Retryable)
            Timers.StartSingleTimer("connect", Connect.Instance, RefusedPause);
        else
            _left = true;
    }

    private void OnBroken(int generation, string reason)
    {
        if (generation == _generation && _link is not null)
            Rebuild(reason);
    }

    private void OnSend(Send send)
    {
        if (!send.Reliable)
        {
            if (_up)
                Transmit(send.Frame, 0);
            return;
        }

        if (TakeLog(send.Frame))
            return;
        _outbox.Keep(send.Frame);
        Remember(send.Frame);
        var seq = _out.Add(send.Frame);
        if (_up)
            Transmit(send.Frame, seq);
    }

    private void OnOffer(OfferChanged changed)
    {
        _offer = changed.Offer;
        _running = changed.Running;
        _offerChanged = true;
        if (_up && _time.GetElapsedTime(_beatAt) >= OfferPause)
            SendBeat();
    }

    private void OnTick()
    {
        if (_link is null)
            return;
        if (!_up)
        {
            if (_time.GetElapsedTime(_greetedAt) >= HelloPatience)
                Rebuild("the hub does not answer");
            else if (IsHelloReady && _time.GetElapsedTime(_helloSentAt) >= HelloAgain)
                SendHello();
            return;
        }

        var beat = TimeSpan.FromMilliseconds(_running > 0 ? _welcome!.BusyBeatMillis : _welcome!.IdleBeatMillis);
        var sinceBeat = _time.GetElapsedTime(_beatAt);
        if (_time.GetElapsedTime(_heardAt) >= beat + SilenceAllowed)
        {
            Rebuild("the hub fell silent");
            return;
        }

        if (sinceBeat >= beat || (_offerChanged && sinceBeat >= OfferPause))
            SendBeat();
        foreach (var (seq, frame) in _out.Due(ResendAfter))
            Transmit(frame, seq);
        if (_in.Owes)
            Transmit(new ToHub(), 0);
        RenewIfDue();
    }

    private void SendBeat()
    {
        var beat = new Beat { UnixMillis = _time.GetUtcNow().ToUnixTimeMilliseconds(), Running = (uint)_running };
        if (_offerChanged)
            beat.Offer = _offer;
        _offerChanged = false;
        _beatAt = _time.GetTimestamp();
        Transmit(new ToHub { Beat = beat }, 0);
    }

    // The link system serializes on its own threads: what was sent is never touched again, each transmission is a copy.
    private void Transmit(ToHub frame, ulong seq)
    {
        var copy = frame.Clone();
        copy.Epoch = _epoch;
        copy.Seq = seq;
        copy.Ack = _in.Ack;
        _in.Told();
        _link!.Send(copy);
    }

    private void Rebuild(string reason)
    {
        Down(new Fault(FaultCodes.Unavailable, $"The link to the hub is down: {reason}.", Culprit.Network, Retryable: true), final: false);
        Close();
        Timers.StartSingleTimer("connect", Connect.Instance, _backOff.Next());
    }

    private void Close()
    {
        _ = _link?.CloseAsync();
        _link = null;
        _up = false;
        _hello = null;
    }

    private void Down(Fault fault, bool final)
    {
        // Every failed attempt to connect would be told otherwise.
        if (!_up && !final && _lastFault == fault.Code)
            return;
        _lastFault = fault.Code;
        _log.Info("Link down ({Code}): {Reason}", fault.Code, fault.Message);
        _supervisor.Tell(new LinkDown(fault, final));
    }

    private void OnLeave(LeaveHub leave)
    {
        _left = true;
        if (_up)
            Transmit(new ToHub { Goodbye = new Goodbye { Reason = leave.Reason } }, 0);
        // Closing at once would overtake the farewell.
        Timers.StartSingleTimer("left", Left.Instance, TickEvery);
    }

    private void Remember(ToHub frame)
    {
        if (LinkOutbox.KeyOf(frame) is { } key)
            _reporting[Name(key)] = new RunningAttempt { Attempt = key, Phase = 4 };
    }

    private static string Name(AttemptKey key) => $"{key.Task.ToBase64()}/{key.Part}/{key.Number}";

    private sealed class Connect
    {
        internal static Connect Instance { get; } = new();
    }

    private sealed class Left
    {
        internal static Left Instance { get; } = new();
    }

    private sealed class Tick
    {
        internal static Tick Instance { get; } = new();
    }
}
