using System.Security.Cryptography;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Live;
using Rxelon.Hub.Projections;
using Rxelon.Hub.Sealing;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Mock;

/// <summary>
/// A hub without its doors: the production cluster, entities, journal and matchmaker on a data directory of its own, with a
/// mock in place of vault, blobs and edge. Started once per instance; stops as production does and deletes what it made.
/// </summary>
internal sealed class MockHub : IAsyncDisposable
{
    /// <summary>What the ledger's secrets are sealed under.</summary>
    internal static readonly byte[] SealingKey = [.. Enumerable.Repeat((byte)7, 32)];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IHost _host;
    private readonly bool _deletesData;

    private MockHub(IHost host, HubOptions options, bool deletesData)
    {
        _host = host;
        Options = options;
        _deletesData = deletesData;
        System = host.Services.GetRequiredService<ActorSystem>();
        var registry = ActorRegistry.For(System);
        Tasks = registry.Get<TaskRegion>();
        Accounts = registry.Get<AccountRegion>();
        Nodes = registry.Get<NodeRegion>();
        Matchmaker = registry.Get<MatchmakerKey>();
        News = registry.Get<NewsKey>();
    }

    internal HubOptions Options { get; }

    internal ActorSystem System { get; }

    internal IActorRef Tasks { get; }

    internal IActorRef Accounts { get; }

    internal IActorRef Nodes { get; }

    internal IActorRef Matchmaker { get; }

    internal IActorRef News { get; }

    internal IServiceProvider Services => _host.Services;

    internal ITaskIndex TaskIndex => Services.GetRequiredService<ITaskIndex>();

    /// <summary>What the sealer last said of itself; null without one.</summary>
    internal LedgerBoard? Ledger => Services.GetService<LedgerBoard>();

    internal MockBlobs Blobs => (MockBlobs)Services.GetRequiredService<IBlobStore>();

    internal static PriceTerms Price { get; } = new(new Tokens(1_000), new Tokens(100_000_000), 1000, 1000, 50);

    /// <summary>
    /// Starts a hub; the directory is deleted at the end unless the caller brings one. <paramref name="sealing"/>: with the ledger at
    /// its default settings, without witnesses.
    /// </summary>
    internal static async Task<MockHub> StartAsync(string? dataDirectory = null, IVault? vault = null, bool sealing = false)
    {
        var options = new HubOptions
        {
            DataDirectory = dataDirectory ?? Path.Combine(Path.GetTempPath(), "rxelon-" + Guid.NewGuid().ToString("n")),
            AllowMock = true,
        };
        var host = new HostBuilder()
            .ConfigureServices((_, services) =>
            {
                services.AddLogging(log => log.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole())
                    .AddSingleton(vault ?? new MockVault())
                    .AddSingleton<IBlobStore>(new MockBlobs())
                    .AddSingleton<ILogStore>(provider =>
                    {
                        var log = provider.GetRequiredService<ILogger<LogStore>>();
                        return LogStore.Open(options.DataDirectory, DiskReserve.Of(options.DataDirectory, options.DiskReserveBytes, log), TimeProvider.System, log);
                    })
                    .AddRxelonIndexes(options);
                if (sealing)
                    services.AddRxelonLedger(OpenLedger(options));
                services.AddAkka(AkkaHosting.SystemName, (akka, provider) =>
                {
                    akka.AddRxelonCluster(options, provider);
                    if (sealing)
                        akka.WithSealer();
                });
            })
            .Build();
        await host.StartAsync();
        return new MockHub(host, options, dataDirectory is null);
    }

    /// <summary>Attaches nodes that answer everything at once.</summary>
    internal IActorRef AttachNodes(int nodes, int slots, bool answers = true, ulong session = 1)
    {
        var mock = System.ActorOf(Props.Create(() => new MockNodes(Tasks, Matchmaker, nodes, slots, answers, session)));
        ActorRegistry.For(System).Register<NodeRouterKey>(mock, overwrite: true);
        mock.Tell(MockNodes.Offer.Instance);
        return mock;
    }

    /// <summary>Opens an account with so much money.</summary>
    internal Task<AccountId> OpenAccountAsync(Tokens money)
        => OpenAccountAsync(RandomNumberGenerator.GetBytes(32), AccountKind.User, money);

    /// <summary>Opens the accounts of those who own the mock nodes.</summary>
    internal async Task OpenOperatorsAsync()
    {
        for (var i = 0; i < MockNodes.Operators.Count; i++)
            await OpenAccountAsync(MockNodes.OperatorKey(i), AccountKind.Operator, Tokens.Zero);
    }

    private async Task<AccountId> OpenAccountAsync(byte[] key, AccountKind kind, Tokens money)
    {
        var id = AccountId.OfSigningKey(key);
        var now = DateTimeOffset.UtcNow;
        await Ok(Accounts.Ask<AccountReply>(
            new OpenAccount(id, "bench", kind, key, key, new ApiKeyHash("k", key, ""), now), Patience));
        if (money > Tokens.Zero)
            await Ok(Accounts.Ask<AccountReply>(new GrantTokens(id, money, "grant-1", "bench", now), Patience));
        return id;
    }

    /// <summary>An order of so many parts, ready to send to <see cref="Tasks"/>.</summary>
    internal static SubmitTask Order(AccountId owner, int parts, Func<TaskSpec, TaskSpec>? change = null)
    {
        var id = TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));
        var spec = new TaskSpec { Name = "mock", Kind = WorkloadKind.Mock, Limits = new Limits { TimeSeconds = 60 } };
        spec = change?.Invoke(spec) ?? spec;
        var hold = Tariff.Quote(Price, new Tokens(1_000_000), StagePlan.Of(spec, parts).Value).Ceiling;
        var program = Blob(id, -1);
        return new SubmitTask(
            id,
            new Submission(
                owner,
                spec.ToBytes(),
                [.. Enumerable.Range(0, parts).Select(i => Blob(id, i))],
                program,
                new byte[97],
                new byte[97],
                hold,
                new byte[32],
                new byte[64]),
            Price,
            hold,
            DateTimeOffset.UtcNow);
    }

    internal static BlobRef Blob(TaskId task, int part)
    {
        Span<byte> digest = stackalloc byte[BlobId.Size];
        task.ToBytes().CopyTo(digest);
        BitConverter.TryWriteBytes(digest[16..], part);
        return new BlobRef(BlobId.FromDigest(digest), 4096);
    }

    /// <summary>Submits and waits until it is recorded.</summary>
    internal async Task<TaskId> SubmitAsync(SubmitTask order)
    {
        var reply = await Tasks.Ask<TaskReply>(order, Patience);
        return reply is TaskOk ? order.Task : throw new InvalidOperationException($"Refused: {reply}");
    }

    internal async Task<TaskView> TaskAsync(TaskId task)
        => (TaskView)await Tasks.Ask<TaskReply>(new GetTask(task, null, DateTimeOffset.UtcNow), Patience);

    internal async Task<AccountView> AccountAsync(AccountId account)
        => (AccountView)await Accounts.Ask<AccountReply>(new GetAccount(account, DateTimeOffset.UtcNow), Patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_deletesData)
            Directory.Delete(Options.DataDirectory, recursive: true);
    }

    private static SealingServices OpenLedger(HubOptions options)
    {
        Directory.CreateDirectory(options.DataDirectory);
        return SealingServices.Open(
            options.DataDirectory, new HubFiles(options.DataDirectory).Journal, [.. SealingKey],
            new SealingOptions(
                options.LedgerOrigin, options.HttpUrl, options.LedgerPolicy, options.LedgerBatch, options.LedgerCheckpoint, options.LedgerRewitness,
                options.LedgerWitnessTimeout, options.LedgerReplicas),
            new LedgerBoard(), TimeProvider.System);
    }

    private static async Task Ok(Task<AccountReply> asked)
    {
        if (await asked is not AccountOk)
            throw new InvalidOperationException($"Refused: {await asked}");
    }
}
