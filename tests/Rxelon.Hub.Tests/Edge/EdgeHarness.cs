using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Rxelon.Hub.Config;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Edge.Sessions;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Integrity;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Live;
using Rxelon.Hub.Tests.Blobs;
using Rxelon.Link.Certificates;
using Rxelon.Link.Guard;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>A real edge over loopback TLS in front of stand-ins for the entities.</summary>
internal sealed class EdgeHarness : IAsyncDisposable
{
    private readonly EdgeGuard _guard;
    private readonly OperationRecords _operations;

    private EdgeHarness(HubOptions options, string directory, ActorSystem system)
    {
        Directory = directory;
        Options = options;
        System = system;
        Chs = new FakeChs(system);
        Authority = CertificateAuthority.OpenOrCreate(directory, "test", TimeProvider.System);
        _guard = new EdgeGuard(PeerCheck.ForAuthority(Authority.CertificateDer, TimeProvider.System), new GuardLimits(), TimeProvider.System);
        _operations = new OperationRecords(new SqliteFile(Path.Combine(directory, "operations.db")));
        Clients = new KnownClients(Path.Combine(directory, "clients.allowed"), options.AllowedClients);
        Logs = LogStore.Open(directory, StoreFixture.NoReserve, TimeProvider.System, NullLogger.Instance);
        var services = new SessionServices(
            options, TimeProvider.System, Blobs, Blobs, Authority, _guard, Chs.Registry, _operations, Clients, Logs, Board, new Random(7));
        Router = system.ActorOf(Props.Create(() => new NodeRouter(Chs.Registry, new Lazy<SessionServices>(services))), "nodes");
        Chs.Registry.Register<NodeRouterKey>(Router);
        Service = new EdgeService(options, Authority, _guard, new Known(Router), TimeProvider.System, NullLoggerFactory.Instance);
    }

    internal string Directory { get; }

    internal HubOptions Options { get; }

    internal ActorSystem System { get; }

    internal FakeChs Chs { get; }

    internal IOperationRecords Operations => _operations;

    internal KnownClients Clients { get; }

    internal LogStore Logs { get; }

    internal ProgressBoard Board { get; } = new();

    internal FakeBlobs Blobs { get; } = new();

    internal CertificateAuthority Authority { get; }

    internal IActorRef Router { get; }

    internal EdgeService Service { get; }

    internal static async Task<EdgeHarness> StartAsync(HubOptions? options = null)
    {
        options ??= new HubOptions();
        options.EdgePort = 0;
        var harness = new EdgeHarness(options, global::System.IO.Directory.CreateTempSubdirectory("rxelon-edge-").FullName, ActorSystem.Create("chs", "akka.loglevel = WARNING"));
        await harness.Service.StartAsync(CancellationToken.None);
        return harness;
    }

    internal async Task<IReadOnlyList<SessionStatus>> SessionsAsync()
        => (await Router.Ask<SessionList>(ListSessions.Instance, TimeSpan.FromSeconds(10))).Sessions;

    /// <summary>The live session of a node; waits for it.</summary>
    internal async Task<ulong> SessionOfAsync(NodeId node)
    {
        IReadOnlyList<SessionStatus> sessions = [];
        await Eventually.TrueAsync("a session", () => (sessions = SessionsAsync().GetAwaiter().GetResult()).Any(s => s.Offer.Node == node));
        return sessions.Single(s => s.Offer.Node == node).Offer.Session;
    }

    /// <summary>Places one part on a node as a task entity would.</summary>
    internal AttemptId Place(NodeId node, ulong session, byte[] input, TaskId? task = null, int part = 0)
    {
        var attempt = new AttemptId(task ?? TaskId.FromBytes(global::System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)), part, 1);
        var blob = Blobs.Add(input);
        Chs.Current[attempt] = (node, blob);
        Router.Tell(new StartParts(
            node, session, attempt.Task, Chs.Spec, Blobs.Add([7, 7, 7]), 1, [Domain.Tasks.StartedPart.Plain(new Domain.Tasks.PartAttempt(part, 1), blob)]));
        return attempt;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.StopAsync(CancellationToken.None);
        await System.Terminate();
        _guard.Dispose();
        Authority.Dispose();
        _operations.Dispose();
        await Logs.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        global::System.IO.Directory.Delete(Directory, recursive: true);
    }

    private sealed class Known(IActorRef router) : IRequiredActor<NodeRouterKey>
    {
        public IActorRef ActorRef => router;

        public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => Task.FromResult(router);
    }
}
