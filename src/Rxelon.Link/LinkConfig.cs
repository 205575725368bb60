using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;
using Rxelon.Shared.Wire;

namespace Rxelon.Link;

/// <summary>
/// Configuration of the two kinds of systems on the link. Both unregister every serializer but ours: deserialization is chosen by
/// the sender, so what is not registered cannot be reached (docs/design/link.md lists the attacks and what stops each).
/// </summary>
public static class LinkConfig
{
    /// <summary>Largest transport frame. Holds a 32 KiB program and a 32 KiB input with their terms.</summary>
    public const int MaxFrameBytes = 128_000;

    /// <summary>Largest message that leaves room for Akka's envelope within <see cref="MaxFrameBytes"/>.</summary>
    public const int MaxMessageBytes = MaxFrameBytes - 4_096;

    private const string EdgeHost = "edge.invalid";

    /// <summary>
    /// What every edge announces. Nodes address this and connect wherever they were told (<see cref="DialSetup"/>): ports may be
    /// forwarded and hubs have several names without the addresses on the wire changing.
    /// </summary>
    public static Address EdgeAddress { get; } = new(LinkNames.Scheme, LinkNames.EdgeSystem, EdgeHost, 1);

    /// <summary>
    /// Starts the edge: listens on <paramref name="bindHost"/> and <paramref name="port"/> (0 picks one), mutual TLS with
    /// <paramref name="server"/>, peers judged by <paramref name="guard"/>. <paramref name="host"/> and <paramref name="setups"/>
    /// bring what belongs to the process around it (logging).
    /// </summary>
    public static (ActorSystem System, int Port) StartEdge(
        string bindHost, int port, X509Certificate2 server, EdgeGuard guard, Config? host = null, params Setup[] setups)
    {
        var bound = port == 0 ? FreePort(bindHost) : port;
        var tls = new DotNettySslSetup(
            server, suppressValidation: false, requireMutualAuthentication: true,
            (certificate, _, peer, _, log) => guard.Validate(certificate, peer, log));
        var system = ActorSystem.Create(
            LinkNames.EdgeSystem,
            ActorSystemSetup.Create([
                BootstrapSetup.Create().WithConfig(Edge(bindHost, bound).WithFallback(host ?? Config.Empty)), tls, new EdgeGuardSetup(guard), .. setups]));
        return (system, bound);
    }

    /// <summary>
    /// Starts a node's link system: announces <paramref name="origin"/>, listens on loopback only, connects to
    /// <paramref name="dial"/>, and believes a server that <paramref name="check"/> accepts.
    /// </summary>
    public static ActorSystem StartNode(string origin, DialSetup dial, X509Certificate2 client, PeerCheck check, Action<string> refused)
    {
        var tls = new DotNettySslSetup(
            client, suppressValidation: false, requireMutualAuthentication: true,
            (certificate, _, _, _, _) =>
            {
                var reason = check.RefuseServer(certificate);
                if (reason is not null)
                    refused(reason);
                return reason is null;
            });
        return ActorSystem.Create(
            LinkNames.NodeSystem,
            ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(Node(origin)), tls, dial));
    }

    internal static Config Edge(string bindHost, int port) => ConfigurationFactory.ParseString($$"""
        akka.remote {
          adapters.edge = "{{Name<EdgeGuardProvider>()}}"
          dot-netty.tcp {
            hostname = "{{bindHost}}"
            port = {{port}}
            public-hostname = "{{EdgeHost}}"
            public-port = 1
            applied-adapters = [edge]
          }
          # Nodes heartbeat every 4 s; a silent socket goes after 25 s. Sessions are judged sooner, by their own beats.
          transport-failure-detector { heartbeat-interval = 4 s, acceptable-heartbeat-pause = 25 s }
          # A process that is gone leaves an idle endpoint behind: forget it soon, the next one has a new name or a new uid.
          quarantine-after-silence = 10 m
          # Nothing relies on quarantine here; markers would only pile up.
          prune-quarantine-marker-after = 1 h
        }
        """).WithFallback(Both);

    internal static Config Node(string origin) => ConfigurationFactory.ParseString($$"""
        akka.remote {
          adapters.dial = "{{Name<DialProvider>()}}"
          dot-netty.tcp {
            # Nothing listens on the network: the hub answers on the socket that this system opened.
            hostname = "127.0.0.1"
            port = 0
            public-hostname = "{{origin}}"
            public-port = {{LinkNames.NodePort}}
            applied-adapters = [dial]
          }
          # Home routers forget idle connections: a heartbeat each 4 s keeps the mapping; silence of 10 s rebuilds the link.
          transport-failure-detector { heartbeat-interval = 4 s, acceptable-heartbeat-pause = 10 s }
          # A link system is thrown away, never drained.
          flush-wait-on-shutdown = 0 s
          shutdown-timeout = 3 s
        }
        # The link's owner reports what happens to it; Akka would repeat every failed attempt on the console.
        akka.loglevel = OFF
        """).WithFallback(Both);

    private static Config Both { get; } = ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = INFO
          stdout-loglevel = OFF
          # Each tick wakes two threads, and what is timed here takes seconds. Akka's own default is 10 ms.
          scheduler.tick-duration = 50ms
          # A refused peer must not be able to fill the disk through our own logs.
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          actor {
            provider = remote
            # "none" resolves to no class, which unregisters the id: 1 JSON, 2 protobuf by type name, 3 remote deployment,
            # 4 bytes, 6 selections, 16 Kill/PoisonPill/Identify/failures, 17 primitives, 22 system messages.
            serializers {
              json = none
              bytes = none
              proto = none
              daemon-create = none
              akka-containers = none
              akka-misc = none
              primitive = none
              akka-system-msg = none
              rx = "{{Name<Wire.LinkSerializer>()}}"
            }
            serialization-bindings {
              "{{Name<ToHub>()}}" = rx
              "{{Name<ToNode>()}}" = rx
            }
            # Outbound: a type without a binding is an error, never JSON.
            serialization-settings.allow-unregistered-types = off
          }
          remote {
            # A weak filter of its own, kept as one more layer.
            untrusted-mode = on
            log-remote-lifecycle-events = off
            # TLS and the first frame; a peer that dawdles is dropped.
            handshake-timeout = 10 s
            # After a refused dial the next inbound association must be writable again soon.
            retry-gate-closed-for = 1 s
            dot-netty.tcp {
              enable-ssl = true
              connection-timeout = 10 s
              maximum-frame-size = {{MaxFrameBytes}}b
              # Per socket and direction; ten thousand sockets share the machine.
              send-buffer-size = 256000b
              receive-buffer-size = 256000b
            }
          }
          # The process decides when it ends; link systems come and go within it.
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        }
        """);

    // The transport can pick a port itself but tells nobody which one when it announces another.
    private static int FreePort(string host)
    {
        var address = IPAddress.TryParse(host, out var parsed) ? parsed : IPAddress.Any;
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    // Akka's configuration keeps the quotes of a string that holds a blank, and then finds no such type: no ", " here.
    private static string Name<T>() => $"{typeof(T).FullName},{typeof(T).Assembly.GetName().Name}";
}
