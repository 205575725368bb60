using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Mock;
using Rxelon.Node.Executors.Wasm;
using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>A node's actors with a probe in place of the link: what they send to the hub arrives here.</summary>
public abstract class NodeUnderTest : TestKit, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    internal TestState State { get; private set; } = null!;

    internal FakeStore Store { get; } = new();

    internal NodeServices Services { get; private set; } = null!;

    internal TestProbe Link { get; private set; } = null!;

    internal IActorRef Node { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        State = new TestState();
        var spool = new CipherSpool(Path.Combine(State.Path, "spool"));
        IReadOnlyList<IExecutor> executors = [new MockExecutor(TimeProvider.System), new WasmExecutor(State.Space, 2, TimeProvider.System)];
        var reports = await Task.WhenAll(executors.Select(e => e.FingerprintAsync(CancellationToken.None)));
        var identity = SigningKeyPair.Generate();
        Services = new NodeServices(
            NodeId.OfIdentityKey(identity.PublicKey), identity, ExchangeKeyPair.Generate(), executors, reports,
            new BlobTransfer(Store, spool, TimeProvider.System), spool,
            new OfferTerms(new Resources(4000, 1L << 30, 1L << 30), 4, 1000, "eu", new Dictionary<string, string> { ["a"] = "b" }), TimeProvider.System);
        Services.Blobs.SetBase("http://hub.test/");
        Link = CreateTestProbe();
        Node = Sys.ActorOf(ExecutorSupervisor.Props(Services, Link));
    }

    public async Task DisposeAsync()
    {
        await Node.GracefulStop(Patience);
        foreach (var executor in Services.Executors)
            await executor.DisposeAsync();
        Services.Blobs.Dispose();
        State.Dispose();
    }

    internal void FromHub(ToNode frame) => Node.Tell(new FromHub(frame), Link);

    /// <summary>The next frame of that kind; offers, progress and logs in between are passed over.</summary>
    internal async Task<ToHub> NextAsync(ToHub.BodyOneofCase kind)
    {
        var send = (Send)await Link.FishForMessageAsync(m => m is Send { Frame.BodyCase: not ToHub.BodyOneofCase.Progress and var got } && (got == kind || got != ToHub.BodyOneofCase.Log), Patience);
        Assert.True(send.Frame.BodyCase == kind, $"expected {kind}, got {send.Frame}");
        Assert.True(send.Reliable);
        return send.Frame;
    }

    internal async Task<Offer> NextOfferAsync(Predicate<Offer> isIt)
        => ((OfferChanged)await Link.FishForMessageAsync(m => m is OfferChanged changed && isIt(changed.Offer), Patience)).Offer;

    internal ToNode Grant(ScriptedTask task, int part, int number, int? sealedFor = null)
        => task.Grant(Services.Session.PublicKey, Services.Node, part, number, sealedFor);
}
