using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;

namespace Rxelon.Link.Tests.Support;

/// <summary>
/// A peer with a valid certificate and a stock Akka.Remote: every serializer registered, any origin it likes. What it sends looks
/// on the wire exactly as Akka.NET sends it.
/// </summary>
internal sealed class HostilePeer : IAsyncDisposable
{
    internal HostilePeer(TestEdge edge, Credentials credentials, string? origin = null, string system = LinkNames.NodeSystem, string actor = "link")
    {
        Origin = origin ?? LinkNames.Origin(credentials.Label, Guid.NewGuid().ToByteArray());
        System = ActorSystem.Create(system, ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString($$"""
                akka {
                  loglevel = OFF
                  stdout-loglevel = OFF
                  actor {
                    provider = remote
                    serializers.rx = "Rxelon.Link.Wire.LinkSerializer,Rxelon.Link"
                    serialization-bindings {
                      "Rxelon.Shared.Wire.ToHub,Rxelon.Shared" = rx
                      "Rxelon.Shared.Wire.ToNode,Rxelon.Shared" = rx
                    }
                  }
                  coordinated-shutdown.run-by-clr-shutdown-hook = off
                  remote {
                    adapters.dial = "Rxelon.Link.Guard.DialProvider,Rxelon.Link"
                    flush-wait-on-shutdown = 0 s
                    retry-gate-closed-for = 200 ms
                    dot-netty.tcp {
                      hostname = "127.0.0.1"
                      port = 0
                      public-hostname = "{{Origin}}"
                      public-port = 1
                      enable-ssl = true
                      maximum-frame-size = 4000000b
                      send-buffer-size = 8000000b
                      receive-buffer-size = 8000000b
                      applied-adapters = [dial]
                    }
                  }
                }
                """)),
            new DotNettySslSetup(credentials.Certificate, true, true, (_, _, _, _, _) => true),
            new DialSetup("127.0.0.1", edge.Port)));
        Self = System.ActorOf(Props.Create(() => new Silent()), actor);
    }

    internal string Origin { get; }

    internal ActorSystem System { get; }

    /// <summary>An actor of its own, to send from.</summary>
    internal IActorRef Self { get; }

    /// <summary>A reference to any path of the edge.</summary>
    internal IActorRef At(string path)
        => ((ExtendedActorSystem)System).Provider.ResolveActorRef($"{LinkConfig.EdgeAddress}{path}");

    public async ValueTask DisposeAsync() => await System.Terminate();

    private sealed class Silent : ReceiveActor
    {
        public Silent() => ReceiveAny(_ => { });
    }
}
