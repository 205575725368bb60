using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Rxelon.Link.Guard;

/// <summary>Where a node's link system really connects to when it talks to the edge's announced address.</summary>
public sealed class DialSetup(string host, int port) : Setup
{
    /// <summary>Host to connect to.</summary>
    public string Host { get; } = host;

    /// <summary>Port to connect to.</summary>
    public int Port { get; } = port;
}

/// <summary>Named in the node's link configuration (<c>akka.remote.adapters</c>).</summary>
public sealed class DialProvider : ITransportAdapterProvider
{
    /// <inheritdoc/>
    public Transport Create(Transport wrappedTransport, ExtendedActorSystem system)
    {
        var setup = system.Settings.Setup.Get<DialSetup>();
        return setup.HasValue
            ? new DialTransport(wrappedTransport, system, setup.Value)
            : throw new InvalidOperationException("A link system needs a DialSetup.");
    }
}

/// <summary>
/// The transport as Akka sees it on a node. Akka.Remote drops messages whose recipient is not addressed exactly as the receiver
/// announces itself, so a port forward or a second name of the hub would break the link. Here the announced address is fixed
/// (<see cref="LinkConfig.EdgeAddress"/>) and only the connection goes to the configured host and port. Inbound associations, which
/// nothing should ever open, are closed.
/// </summary>
internal sealed class DialTransport : Transport
{
    private readonly Transport _inner;
    private readonly DialSetup _target;

    internal DialTransport(Transport inner, ExtendedActorSystem system, DialSetup target)
    {
        _inner = inner;
        _target = target;
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
        listener.TrySetResult(new Closed());
        return (address, new TaskCompletionSource<IAssociationEventListener>());
    }

    /// <inheritdoc/>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        if (remoteAddress.Host != LinkConfig.EdgeAddress.Host || remoteAddress.System != LinkConfig.EdgeAddress.System)
            throw new InvalidAssociationException("A node talks to its hub only.");
        var handle = await _inner.Associate(remoteAddress.WithHost(_target.Host).WithPort(_target.Port)).ConfigureAwait(false);
        return new Renamed(handle, remoteAddress);
    }

    /// <inheritdoc/>
    public override Task<bool> Shutdown() => _inner.Shutdown();

    private sealed class Closed : IAssociationEventListener
    {
        public void Notify(IAssociationEvent ev)
        {
#pragma warning disable CS0618 // The overload with a reason needs a logger; there is nothing to say.
            if (ev is InboundAssociation inbound)
                inbound.Association.Disassociate();
#pragma warning restore CS0618
        }
    }

    private sealed class Renamed : AssociationHandle
    {
        private readonly AssociationHandle _inner;

        internal Renamed(AssociationHandle inner, Address announced)
            : base(inner.LocalAddress, announced)
        {
            _inner = inner;
            ReadHandlerSource = inner.ReadHandlerSource;
        }

        public override bool Write(ByteString payload) => _inner.Write(payload);

#pragma warning disable CS0672, CS0618 // The base class marks its own abstract method obsolete; it still has to be implemented.
        public override void Disassociate() => _inner.Disassociate();
#pragma warning restore CS0672, CS0618
    }
}
