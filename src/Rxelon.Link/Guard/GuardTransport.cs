using System.Net;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Akka.Remote.Transport;
using Rxelon.Link.Certificates;

namespace Rxelon.Link.Guard;

/// <summary>Hands an <see cref="EdgeGuard"/> to the transport adapter of an edge system, which Akka creates by name.</summary>
public sealed class EdgeGuardSetup(EdgeGuard guard) : Setup
{
    /// <summary>The guard of this system.</summary>
    public EdgeGuard Guard { get; } = guard;
}

/// <summary>Named in the edge's configuration (<c>akka.remote.adapters</c>).</summary>
public sealed class EdgeGuardProvider : ITransportAdapterProvider
{
    /// <inheritdoc/>
    public Transport Create(Transport wrappedTransport, ExtendedActorSystem system)
    {
        var setup = system.Settings.Setup.Get<EdgeGuardSetup>();
        return setup.HasValue
            ? new GuardTransport(wrappedTransport, system, setup.Value.Guard)
            : throw new InvalidOperationException("An edge system needs an EdgeGuardSetup.");
    }
}

/// <summary>The transport as Akka sees it on the edge: inbound only, every socket behind a <see cref="GuardedHandle"/>.</summary>
internal sealed class GuardTransport : Transport
{
    private readonly Transport _inner;
    private readonly EdgeGuard _guard;
    private readonly ILoggingAdapter _log;

    internal GuardTransport(Transport inner, ExtendedActorSystem system, EdgeGuard guard)
    {
        _inner = inner;
        _guard = guard;
        _log = Logging.GetLogger(system, typeof(EdgeGuard));
        Config = inner.Config;
        System = system;
    }

    /// <inheritdoc/>
    public override string SchemeIdentifier => _inner.SchemeIdentifier;

    /// <inheritdoc/>
    public override long MaximumPayloadBytes => _inner.MaximumPayloadBytes;

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => _inner.IsResponsibleFor(remote);

    /// <inheritdoc/>
    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var (address, listener) = await _inner.Listen().ConfigureAwait(false);
        var upstream = new TaskCompletionSource<IAssociationEventListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        var inspector = new FrameInspector($"{LinkNames.Scheme}://{LinkNames.EdgeSystem}@{address.Host}:{address.Port}{LinkNames.DoorPath}");
        listener.TrySetResult(new Listener(this, inspector, upstream.Task));
        return (address, upstream);
    }

    /// <inheritdoc/>
    public override Task<AssociationHandle> Associate(Address remoteAddress)
    {
        _guard.Heal(remoteAddress.Host);
        return Task.FromException<AssociationHandle>(
            new InvalidAssociationException("The edge never dials: a node is answered on its own socket or not at all."));
    }

    /// <inheritdoc/>
    public override Task<bool> Shutdown() => _inner.Shutdown();

    /// <inheritdoc/>
    public override Task<bool> ManagementCommand(object message) => _inner.ManagementCommand(message);

    private void Accept(AssociationHandle handle, FrameInspector inspector, IAssociationEventListener upstream)
    {
        var socket = SocketOf(handle.RemoteAddress);
        if (_guard.Admit(socket) is { } refusal)
        {
            _guard.CountRefusal();
            _log.Debug("Refused a connection from {0}: {1}", handle.RemoteAddress, refusal);
            handle.Disassociate(refusal, _log);
            return;
        }

        upstream.Notify(new InboundAssociation(new GuardedHandle(_guard, handle, inspector, socket!, _log)));
    }

    private static IPEndPoint? SocketOf(Address address)
        => address.Port is { } port && IPAddress.TryParse(address.Host?.Trim('[', ']'), out var ip)
            ? EdgeGuard.Normalize(new IPEndPoint(ip, port))
            : null;

    private sealed class Listener(GuardTransport owner, FrameInspector inspector, Task<IAssociationEventListener> upstream)
        : IAssociationEventListener
    {
        public void Notify(IAssociationEvent ev)
        {
            if (ev is not InboundAssociation inbound)
                return;
            if (upstream.IsCompletedSuccessfully)
                owner.Accept(inbound.Association, inspector, upstream.Result);
            else
                _ = upstream.ContinueWith(
                    t => owner.Accept(inbound.Association, inspector, t.Result),
                    CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }
}
