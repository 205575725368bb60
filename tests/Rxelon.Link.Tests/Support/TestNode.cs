using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Tests.Support;

/// <summary>A well-behaved node's link system: says hello and records what it gets.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly PeerCheck _check;

    internal TestNode(TestEdge edge, Credentials credentials, int? port = null)
    {
        Origin = LinkNames.Origin(credentials.Label, RandomNumberGenerator.GetBytes(16));
        _check = PeerCheck.ForAuthority(edge.Authority.CertificateDer, TimeProvider.System);
        System = LinkConfig.StartNode(Origin, new DialSetup("127.0.0.1", port ?? edge.Port), credentials.Certificate, _check, Refusals.Enqueue);
        var received = Received;
        Link = System.ActorOf(Props.Create(() => new Recorder(received)), "link");
        Door = ((ExtendedActorSystem)System).Provider.ResolveActorRef($"{LinkConfig.EdgeAddress}{LinkNames.DoorPath}");
    }

    internal string Origin { get; }

    internal ActorSystem System { get; }

    internal IActorRef Link { get; }

    internal IActorRef Door { get; }

    internal ConcurrentQueue<object> Received { get; } = new();

    internal ConcurrentQueue<string> Refusals { get; } = new();

    internal int Welcomes => Received.OfType<ToNode>().Count(f => f.BodyCase == ToNode.BodyOneofCase.Welcome);

    internal void Send(ToHub frame) => Door.Tell(frame, Link);

    /// <summary>Says hello until a new welcome comes back.</summary>
    internal async Task GreetAsync(double seconds = 20)
    {
        var before = Welcomes;
        var next = 0;
        await Eventually.TrueAsync(
            "a welcome",
            () =>
            {
                if (next++ % 25 == 0)
                    Send(new ToHub { Hello = new Hello { Protocol = 1 } });
                return Welcomes > before;
            },
            seconds);
    }

    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        _check.Dispose();
    }

    private sealed class Recorder : ReceiveActor
    {
        public Recorder(ConcurrentQueue<object> received) => ReceiveAny(received.Enqueue);
    }
}

/// <summary>A node's certificate with its key.</summary>
internal sealed record Credentials(NodeId Node, string Label, X509Certificate2 Certificate)
{
    internal static Credentials Issue(CertificateAuthority authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var node = NodeId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var label = LinkNames.NewLabel();
        var der = authority.IssueNode(node, label, key.ExportSubjectPublicKeyInfo(), CertificateAuthority.NodeLifetime).Value;
        using var bare = X509CertificateLoader.LoadCertificate(der);
        using var full = bare.CopyWithPrivateKey(key);
        return new Credentials(node, label, Spki.Portable(full));
    }
}
