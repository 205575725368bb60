using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;
using Rxelon.Link.Tests.Support;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Tests.Guard;

/// <summary>
/// What one connected peer could do to plain Akka.Remote (docs/design/link.md), done to a real edge by a peer with a valid
/// certificate. After each: nothing arrived anywhere, no actor restarted or stopped, and another node is served as before.
/// </summary>
public sealed class AttackSpecs
{
    public static TheoryData<string> Attacks =>
    [
        "guessed path", "PoisonPill", "Kill", "Kill the guardian", "Suspend", "Recreate", "Terminate message", "Selection", "Wildcard selection",
        "Identify", "JSON gadget", "Failure with an exception", "String", "Other actor as sender", "No sender", "Watch", "Remote deployment",
        "Unregistered protobuf", "To node frame", "Cluster path",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task An_attack_by_a_certified_peer_reaches_nobody(string attack)
    {
        await using var edge = new TestEdge();
        await using var good = new TestNode(edge, Credentials.Issue(edge.Authority));
        await good.GreetAsync();
        await using var peer = new HostilePeer(edge, Credentials.Issue(edge.Authority));
        peer.At(LinkNames.DoorPath).Tell(Hello, peer.Self);
        await Eventually.TrueAsync("the peer is connected", () => edge.Received.Any(r => r.From == peer.Origin));
        edge.Received.Clear();

        Strike(attack, peer);

        await Eventually.TrueAsync("its socket closed", () => edge.Guard.Identify(peer.Origin) is null);
        await good.GreetAsync();
        Assert.DoesNotContain(edge.Received, r => r.From != good.Origin);
        Assert.Equal(0, edge.Restarts);
        Assert.False(edge.System.WhenTerminated.IsCompleted);
        edge.Bystander.Tell("still there");
        await Eventually.TrueAsync("the bystander lives", () => edge.Received.Any(r => r is { Actor: "bystander", Message: "still there" }));
    }

    [Fact]
    public async Task A_peer_that_claims_another_nodes_origin_is_dropped_and_the_victim_is_not_disturbed()
    {
        await using var edge = new TestEdge();
        var victims = Credentials.Issue(edge.Authority);
        await using var victim = new TestNode(edge, victims);
        await victim.GreetAsync();

        await using var exact = new HostilePeer(edge, Credentials.Issue(edge.Authority), origin: victim.Origin);
        exact.At(LinkNames.DoorPath).Tell(Hello, exact.Self);
        await using var sibling = new HostilePeer(edge, Credentials.Issue(edge.Authority), origin: LinkNames.Origin(victims.Label, new byte[16]));
        sibling.At(LinkNames.DoorPath).Tell(Hello, sibling.Self);
        await using var stranger = new HostilePeer(edge, Credentials.Issue(edge.Authority), origin: "elsewhere.example");
        stranger.At(LinkNames.DoorPath).Tell(Hello, stranger.Self);

        await Eventually.TrueAsync("three refusals", () => edge.Guard.Refused >= 3);
        await victim.GreetAsync();
        Assert.All(edge.Received, r => Assert.Equal(victim.Origin, r.From));
        Assert.Equal(victims.Node, edge.Guard.Identify(victim.Origin)?.Node);
    }

    [Fact]
    public async Task A_peer_of_another_system_name_is_dropped()
    {
        await using var edge = new TestEdge();
        await using var peer = new HostilePeer(edge, Credentials.Issue(edge.Authority), system: "edge");
        peer.At(LinkNames.DoorPath).Tell(Hello, peer.Self);

        await Eventually.TrueAsync("the refusal", () => edge.Guard.Refused >= 1);
        Assert.Empty(edge.Received);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_gets_no_byte_through()
    {
        await using var edge = new TestEdge();
        await using var elsewhere = new TestEdge();
        await using var peer = new HostilePeer(edge, Credentials.Issue(elsewhere.Authority));
        peer.At(LinkNames.DoorPath).Tell(Hello, peer.Self);

        await Eventually.TrueAsync("the TLS refusal", () => edge.Guard.RefusedCertificates >= 1);
        Assert.Empty(edge.Received);
        await using var good = new TestNode(edge, Credentials.Issue(edge.Authority));
        await good.GreetAsync();
    }

    [Fact]
    public async Task A_server_certificate_is_not_a_nodes()
    {
        await using var edge = new TestEdge();
        var server = edge.Authority.IssueServer(["localhost"], TimeSpan.FromDays(1));
        await using var peer = new HostilePeer(edge, Credentials.Issue(edge.Authority) with { Certificate = server });
        peer.At(LinkNames.DoorPath).Tell(Hello, peer.Self);

        await Eventually.TrueAsync("the TLS refusal", () => edge.Guard.RefusedCertificates >= 1);
        Assert.Empty(edge.Received);
    }

    [Fact]
    public async Task A_node_does_not_talk_to_a_server_of_another_authority()
    {
        await using var edge = new TestEdge();
        await using var impostor = new TestEdge();
        await using var node = new TestNode(edge, Credentials.Issue(edge.Authority), impostor.Port);
        node.Send(Hello);

        await Eventually.TrueAsync("the refusal", () => !node.Refusals.IsEmpty);
        Assert.Empty(impostor.Received);
    }

    [Fact]
    public async Task The_edge_never_dials()
    {
        await using var edge = new TestEdge();
        await using var good = new TestNode(edge, Credentials.Issue(edge.Authority));
        await good.GreetAsync();

        // A listener whose certificate fails would shut a dialling system down; a plain socket is enough to see whether it dials.
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var outside = ((ExtendedActorSystem)edge.System).Provider.ResolveActorRef($"akka.ssl.tcp://node@127.0.0.1:{port}/user/link");
        for (var i = 0; i < 5; i++)
        {
            outside.Tell(new ToNode(), ActorRefs.NoSender);
            await good.GreetAsync();
        }

        Assert.False(listener.Pending());
        Assert.False(edge.System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_frame_beyond_the_limit_closes_the_socket_and_arrives_nowhere()
    {
        await using var edge = new TestEdge();
        await using var good = new TestNode(edge, Credentials.Issue(edge.Authority));
        await using var peer = new HostilePeer(edge, Credentials.Issue(edge.Authority));
        peer.At(LinkNames.DoorPath).Tell(Hello, peer.Self);
        await Eventually.TrueAsync("the peer is connected", () => edge.Received.Any(r => r.From == peer.Origin));
        edge.Received.Clear();

        peer.At(LinkNames.DoorPath).Tell(new ToHub { Goodbye = new Goodbye { Reason = new string('x', 1_000_000) } }, peer.Self);

        await Eventually.TrueAsync("its socket closed", () => edge.Guard.Identify(peer.Origin) is null);
        await good.GreetAsync();
        Assert.DoesNotContain(edge.Received, r => r.From == peer.Origin);
    }

    [Fact]
    public async Task A_revoked_node_is_cut_at_once_and_its_certificate_is_refused()
    {
        await using var edge = new TestEdge();
        var credentials = Credentials.Issue(edge.Authority);
        await using var node = new TestNode(edge, credentials);
        await node.GreetAsync();

        edge.Guard.Revoke(credentials.Node, TimeSpan.Zero);

        Assert.Null(edge.Guard.Identify(node.Origin));
        edge.Received.Clear();
        await using var again = new TestNode(edge, credentials);
        again.Send(Hello);
        await Eventually.TrueAsync("the TLS refusal", () => edge.Guard.RefusedCertificates >= 1);
        Assert.Empty(edge.Received);
    }

    [Fact]
    public async Task Connections_that_say_nothing_are_closed_and_too_many_are_refused()
    {
        await using var edge = new TestEdge(new GuardLimits { MaxUnknown = 5, FirstFrame = TimeSpan.FromSeconds(3) });
        var sockets = new List<System.Net.Sockets.TcpClient>();
        for (var i = 0; i < 20; i++)
        {
            var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync(System.Net.IPAddress.Loopback, edge.Port);
            sockets.Add(socket);
        }

        await Eventually.TrueAsync("fifteen refusals", () => edge.Guard.Refused >= 15);
        Assert.InRange(edge.Guard.Connections, 0, 5);
        await Eventually.TrueAsync("all closed", () => edge.Guard.Connections == 0);
        sockets.ForEach(s => s.Dispose());
        await using var good = new TestNode(edge, Credentials.Issue(edge.Authority));
        await good.GreetAsync();
    }

    [Fact]
    public async Task One_address_cannot_open_connections_faster_than_its_rate()
    {
        await using var edge = new TestEdge(new GuardLimits { ConnectionBurst = 3, ConnectionsPerSecond = 1 });
        for (var i = 0; i < 10; i++)
        {
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync(System.Net.IPAddress.Loopback, edge.Port);
        }

        await Eventually.TrueAsync("refusals", () => edge.Guard.Refused >= 5);
    }

    private static ToHub Hello => new() { Hello = new Hello { Protocol = 1 } };

    private static void Strike(string attack, HostilePeer peer)
    {
        var door = peer.At(LinkNames.DoorPath);
        var remote = (IInternalActorRef)door;
        Action strike = attack switch
        {
            "guessed path" => () => peer.At("/user/bystander").Tell(Hello, peer.Self),
            "PoisonPill" => () => door.Tell(PoisonPill.Instance, peer.Self),
            "Kill" => () => door.Tell(Kill.Instance, peer.Self),
            "Kill the guardian" => () => peer.At("/user").Tell(Kill.Instance, peer.Self),
            "Suspend" => () => remote.SendSystemMessage(new Suspend()),
            "Recreate" => () => remote.SendSystemMessage(new Recreate(new InvalidOperationException("x"))),
            "Terminate message" => () => remote.SendSystemMessage(new Terminate()),
            "Selection" => () => peer.System.ActorSelection($"{LinkConfig.EdgeAddress}/user/door").Tell(Hello, peer.Self),
            "Wildcard selection" => () => peer.System.ActorSelection($"{LinkConfig.EdgeAddress}/user/*").Tell(Kill.Instance, peer.Self),
            "Identify" => () => door.Tell(new Identify(1), peer.Self),
            "JSON gadget" => () => door.Tell(new Gadget { Command = "x" }, peer.Self),
            "Failure with an exception" => () => door.Tell(new Status.Failure(new InvalidOperationException("x")), peer.Self),
            "String" => () => door.Tell("hello", peer.Self),
            "Other actor as sender" => () => door.Tell(Hello, peer.At("/user/bystander")),
            "No sender" => () => door.Tell(Hello, ActorRefs.NoSender),
            "Watch" => () => peer.System.ActorOf(Props.Create(() => new Watcher(door))),
            "Remote deployment" => () => peer.System.ActorOf(
                Props.Create(() => new Watcher(door)).WithDeploy(Deploy.None.WithScope(new RemoteScope(LinkConfig.EdgeAddress))), "deployed"),
            "Unregistered protobuf" => () => door.Tell(new Goodbye { Reason = "x" }, peer.Self),
            "To node frame" => () => door.Tell(new ToNode { Epoch = 1 }, peer.Self),
            "Cluster path" => () => peer.At("/system/cluster/core/daemon").Tell(Hello, peer.Self),
            _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, null),
        };
        strike();
    }

    public sealed class Gadget
    {
        public string Command { get; set; } = "";
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(IActorRef target)
        {
            Context.Watch(target);
            ReceiveAny(_ => { });
        }
    }
}
