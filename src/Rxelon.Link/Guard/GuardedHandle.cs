using System.Net;
using System.Text;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;
using Rxelon.Link.Certificates;

namespace Rxelon.Link.Guard;

/// <summary>
/// One accepted socket. Akka sees it as the association; every inbound frame passes <see cref="Notify"/> first. Frames arrive on
/// the socket's own thread, in order; closing may come from any thread.
/// </summary>
internal sealed class GuardedHandle : AssociationHandle, IHandleEventListener
{
    private readonly EdgeGuard _guard;
    private readonly AssociationHandle _inner;
    private readonly FrameInspector _inspector;
    private readonly ILoggingAdapter _log;
    private readonly ITimer _deadline;
    private volatile IHandleEventListener? _upstream;
    private byte[] _sender = [];
    private int _closed;

    internal GuardedHandle(EdgeGuard guard, AssociationHandle inner, FrameInspector inspector, IPEndPoint socket, ILoggingAdapter log)
        : base(inner.LocalAddress, inner.RemoteAddress)
    {
        _guard = guard;
        _inner = inner;
        _inspector = inspector;
        _log = log;
        Socket = socket;
        guard.Opened(this);
        _deadline = guard.Time.CreateTimer(
            _ => Expire(), null, guard.Limits.FirstFrame, Timeout.InfiniteTimeSpan);
        // Akka registers its reader later; only then does the socket start to be read.
        _ = ReadHandlerSource.Task.ContinueWith(
            upstream =>
            {
                _upstream = upstream.Result;
                inner.ReadHandlerSource.TrySetResult(this);
            },
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    internal IPEndPoint? Socket { get; }

    internal PeerIdentity? Identity { get; private set; }

    internal string? Origin { get; private set; }

    /// <inheritdoc/>
    public override bool Write(ByteString payload) => _inner.Write(payload);

#pragma warning disable CS0672, CS0618 // The base class marks its own abstract method obsolete; it still has to be implemented.
    /// <inheritdoc/>
    public override void Disassociate()
    {
        Forget();
        _inner.Disassociate();
    }
#pragma warning restore CS0672, CS0618

    /// <inheritdoc/>
    public void Notify(IHandleEvent ev)
    {
        if (ev is Disassociated)
            Forget();
        else if (ev is InboundPayload payload && !Pass(payload.Payload))
            return;
        _upstream?.Notify(ev);
    }

    internal void Known(PeerIdentity identity, string origin)
    {
        Identity = identity;
        Origin = origin;
        _sender = Encoding.UTF8.GetBytes($"{LinkNames.Scheme}://{LinkNames.NodeSystem}@{origin}:{LinkNames.NodePort}{LinkNames.LinkPath}");
    }

    internal void Close(string reason)
    {
        if (Volatile.Read(ref _closed) == 0)
            _log.Info("Closing the link of {0} ({1}): {2}", Identity?.Node.ToString() ?? "an unknown peer", Socket, reason);
        Forget();
        _inner.Disassociate(reason, _log);
        _upstream?.Notify(new Disassociated(DisassociateInfo.Unknown));
    }

    internal void CloseLater(string reason, TimeSpan after)
    {
        if (after <= TimeSpan.Zero)
        {
            Close(reason);
            return;
        }

        ITimer? timer = null;
        timer = _guard.Time.CreateTimer(
            _ =>
            {
                Close(reason);
                timer?.Dispose();
            },
            null, after, Timeout.InfiniteTimeSpan);
    }

    private bool Pass(ByteString frame)
    {
        if (Volatile.Read(ref _closed) != 0)
            return false;
        var kind = _inspector.Inspect(frame.Span, _sender, out var origin);
        string? refusal;
        if (Identity is null)
            refusal = kind == FrameKind.Associate ? _guard.Bind(this, origin) : "its first frame was not an association";
        else if (_guard.IsRevoked(Identity.Node))
            return false;
        else
            refusal = kind is FrameKind.Message or FrameKind.Control ? null : "it sent something that does not travel on the link";
        if (refusal is not null)
        {
            _guard.CountRefusal();
            Close(refusal);
            return false;
        }

        if (kind == FrameKind.Associate)
            _deadline.Dispose();
        return true;
    }

    private void Expire()
    {
        if (Identity is not null)
            return;
        _guard.CountRefusal();
        Close("it did not say who it is in time");
    }

    private void Forget()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _deadline.Dispose();
        _guard.Closed(this);
    }
}
