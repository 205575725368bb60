using System.Collections.Concurrent;
using Akka.Actor;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Tests.Support;

/// <summary>A real edge over loopback with a door that records what it gets and answers each hello with a welcome.</summary>
internal sealed class TestEdge : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rxelon-link-").FullName;

    internal TestEdge(GuardLimits? limits = null)
    {
        Authority = CertificateAuthority.OpenOrCreate(_directory, "test", TimeProvider.System);
        Guard = new EdgeGuard(PeerCheck.ForAuthority(Authority.CertificateDer, TimeProvider.System), limits ?? new GuardLimits(), TimeProvider.System);
        (System, Port) = LinkConfig.StartEdge("127.0.0.1", 0, Authority.IssueServer(["localhost"], TimeSpan.FromDays(1)), Guard);
        Door = System.ActorOf(Props.Create(() => new DoorActor(this)), "door");
        Bystander = System.ActorOf(Props.Create(() => new DoorActor(this)), "bystander");
    }

    internal CertificateAuthority Authority { get; }

    internal EdgeGuard Guard { get; }

    internal ActorSystem System { get; }

    internal int Port { get; }

    internal IActorRef Door { get; }

    /// <summary>An actor that no peer may reach.</summary>
    internal IActorRef Bystander { get; }

    /// <summary>What arrived anywhere: (actor, origin host, message).</summary>
    internal ConcurrentQueue<(string Actor, string? From, object Message)> Received { get; } = new();

    internal int Restarts => _restarts;

    private int _restarts;

    /// <summary>Sends a frame to the node that announced this origin.</summary>
    internal void Send(string origin, ToNode frame)
        => ((ExtendedActorSystem)System).Provider
            .ResolveActorRef($"{LinkNames.Scheme}://{LinkNames.NodeSystem}@{origin}:1{LinkNames.LinkPath}").Tell(frame, Door);

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        Guard.Dispose();
        Authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class DoorActor : ReceiveActor
    {
        private readonly TestEdge _edge;

        public DoorActor(TestEdge edge)
        {
            _edge = edge;
            ReceiveAny(message =>
            {
                edge.Received.Enqueue((Self.Path.Name, Sender.Path.Address.Host, message));
                if (message is ToHub { BodyCase: ToHub.BodyOneofCase.Hello })
                    Sender.Tell(new ToNode { Epoch = 1, Welcome = new Welcome { Protocol = 1 } });
            });
        }

        protected override void PreRestart(Exception reason, object message) => Interlocked.Increment(ref _edge._restarts);
    }
}
