using Akka.Actor;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors;
using Rxelon.Node.Executors.Docker;
using Rxelon.Node.Executors.Plain;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Solo;

/// <summary>A node's actors and one real executor in this process, without link and hub. Leaves nothing behind.</summary>
internal sealed class SoloNode : IAsyncDisposable
{
    private const long SpaceBytes = 256 << 20;
    private const string NoHub = "http://127.0.0.1:1/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _state;
    private readonly NodeServices _services;
    private readonly ActorSystem _system;
    private readonly IActorRef _hub;
    private readonly IActorRef _node;

    private SoloNode(DirectoryInfo state, PlainSpace space, IExecutor executor, NodeServices services)
    {
        _state = state;
        Space = space;
        Executor = executor;
        _services = services;
        _system = ActorSystem.Create("node", "akka.loglevel = WARNING");
        _hub = _system.ActorOf(Props.Create(() => new SoloHub(services)));
        _node = _system.ActorOf(ExecutorSupervisor.Props(services, _hub));
    }

    internal IExecutor Executor { get; }

    internal DockerExecutor Docker => (DockerExecutor)Executor;

    internal PlainSpace Space { get; }

    /// <summary>The fault says why this machine cannot.</summary>
    internal static Task<Outcome<SoloNode>> StartAsync(Uri engine, CancellationToken cancel)
        => StartAsync((id, space, _) => new DockerExecutor(engine, id, space, TimeProvider.System), cancel);

    /// <summary>With the executor that is made of id, space and state directory. The fault says why this machine cannot.</summary>
    internal static async Task<Outcome<SoloNode>> StartAsync(
        Func<NodeId, Outcome<PlainSpace>, string, IExecutor> make, CancellationToken cancel)
    {
        var state = Directory.CreateTempSubdirectory("rxelon-bench-");
        var space = PlainSpace.Open(state.FullName, SpaceBytes, allowSwap: true);
        var identity = SigningKeyPair.Generate();
        var id = NodeId.OfIdentityKey(identity.PublicKey);
        var executor = make(id, space, state.FullName);
        var report = await executor.FingerprintAsync(cancel).ConfigureAwait(false);
        var spool = new CipherSpool(Path.Combine(state.FullName, "spool"));
        var blobs = new BlobTransfer(new SocketsHttpHandler(), spool, TimeProvider.System);
        blobs.SetBase(NoHub);
        if (report.Available)
        {
            var services = new NodeServices(
                id, identity, ExchangeKeyPair.Generate(), [executor], [report], blobs, spool,
                new OfferTerms(new Resources(2000, 1L << 30, 1L << 30), 1, 1000, "", new Dictionary<string, string>()), TimeProvider.System);
            return new SoloNode(state, space.Value, executor, services);
        }

        await executor.DisposeAsync().ConfigureAwait(false);
        blobs.Dispose();
        if (space.IsOk)
            space.Value.Dispose();
        state.Delete(recursive: true);
        return new Fault(FaultCodes.ExecutorMissing, report.Missing ?? "The executor cannot be used.", Culprit.Node);
    }

    /// <summary>Assigns one attempt; the time from then to its signed report.</summary>
    internal async Task<TimeSpan> AttemptAsync(SoloTask task, int number, CancellationToken cancel)
    {
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        _hub.Tell(new SoloHub.Attempt(_node, task, number, done));
        var end = await done.Task.WaitAsync(Patience, cancel).ConfigureAwait(false);
        return System.Diagnostics.Stopwatch.GetElapsedTime(start, end);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _node.GracefulStop(Patience).ConfigureAwait(false);
        await _system.Terminate().ConfigureAwait(false);
        await Executor.DisposeAsync().ConfigureAwait(false);
        _services.Blobs.Dispose();
        _services.Session.Dispose();
        _services.Identity.Dispose();
        Space.Dispose();
        _state.Delete(recursive: true);
    }
}
