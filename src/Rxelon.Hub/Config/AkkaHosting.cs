using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Cluster.Hosting.SBR;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Pattern;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Remote.Hosting;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Live;
using Rxelon.Hub.Projections;
using Rxelon.Hub.Scheduling;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Config;

/// <summary>Puts the private actor system "chs" together: cluster, persistence, entities, matchmaker, news, projections.</summary>
public static class AkkaHosting
{
    /// <summary>The private system's name.</summary>
    public const string SystemName = "chs";

    /// <summary>May never change in a cluster's life: it decides which shard an entity is in.</summary>
    public const int ShardCount = 60;

    /// <summary>
    /// Adds everything that decides and remembers. Needs <see cref="IVault"/>, <see cref="IBlobStore"/> and <see cref="ILogStore"/> in the container, and
    /// a <see cref="TimeProvider"/> when time is not the system's. The system joins itself: one hub is a cluster of one.
    /// </summary>
    public static AkkaConfigurationBuilder AddRxelonCluster(
        this AkkaConfigurationBuilder builder, HubOptions options, IServiceProvider services)
    {
        var files = new HubFiles(options.DataDirectory);
        files.Journal.Create();
        files.Snapshots.Create();
        new IndexStore(files.Index, files.Journal).Dispose(); // its tables are there before anybody asks
        return builder
            .AddHocon(ConfigurationFactory.ParseString(File.ReadAllText(HoconFile)), HoconAddMode.Append)
            .AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append)
            .AddSetup(Databases(files))
            .WithCustomSerializer("rxelon-journal", JournalSerializer.Bindings, system => new JournalSerializer(system))
            .ConfigureLoggers(log =>
            {
                log.ClearLoggers();
                log.AddLoggerFactory();
                log.LogLevel = Akka.Event.LogLevel.InfoLevel;
            })
            .WithRemoting(new RemoteOptions { HostName = "127.0.0.1", Port = options.ClusterPort })
            .WithClustering(new ClusterOptions { SplitBrainResolver = new KeepMajorityOption() })
            .AddEntities(options, services)
            .AddServants(files, options, services)
            .AddStartup((system, _) =>
            {
                var cluster = Cluster.Get(system);
                return cluster.JoinAsync(cluster.SelfAddress);
            });
    }

    /// <summary>The lists that the index answers: <see cref="ITaskIndex"/>, <see cref="INodeIndex"/>, <see cref="IAccountIndex"/>.</summary>
    public static IServiceCollection AddRxelonIndexes(this IServiceCollection services, HubOptions options)
    {
        var reader = new Lazy<IndexReader>(() => new IndexReader(new HubFiles(options.DataDirectory).Index));
        return services
            .AddSingleton<ITaskIndex>(_ => reader.Value)
            .AddSingleton<INodeIndex>(_ => reader.Value)
            .AddSingleton<IAccountIndex>(_ => reader.Value);
    }

    private static readonly TimeSpan AfterCrash = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongAfterCrash = TimeSpan.FromMinutes(1);

    internal static string HoconFile => Path.Combine(AppContext.BaseDirectory, "hocon", "hub.hocon");

    private static AkkaConfigurationBuilder AddEntities(
        this AkkaConfigurationBuilder builder, HubOptions options, IServiceProvider services)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        return builder
            .WithShardRegion<TaskRegion>(
                "task",
                (_, registry) =>
                {
                    var others = new Neighbours(registry);
                    var vault = services.GetRequiredService<IVault>();
                    var blobs = services.GetRequiredService<IBlobStore>();
                    var logs = services.GetRequiredService<ILogStore>();
                    return id => Entity.Props(() => new TaskEntity(TaskId.Parse(id), time, others, vault, blobs, logs));
                },
                Extract<ITaskCommand>(c => c.Task.ToString()),
                Shards(idleAfter: null)) // a task leaves by itself, when nothing is left to do
            .WithShardRegion<AccountRegion>(
                "account",
                (_, registry) =>
                {
                    var others = new Neighbours(registry);
                    return id => Entity.Props(() => new AccountEntity(AccountId.Parse(id), time, others, options.PayoutWindow));
                },
                Extract<IAccountCommand>(c => c.Account.ToString()),
                Shards(TimeSpan.FromMinutes(2)))
            .WithShardRegion<NodeRegion>(
                "node",
                (_, registry) =>
                {
                    var others = new Neighbours(registry);
                    return id => Entity.Props(() => new NodeEntity(NodeId.Parse(id), time, others));
                },
                Extract<INodeCommand>(c => c.Node.ToString()),
                Shards(TimeSpan.FromMinutes(2)));
    }

    private static AkkaConfigurationBuilder AddServants(
        this AkkaConfigurationBuilder builder, HubFiles files, HubOptions options, IServiceProvider services)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        return builder
            .WithSingleton<MatchmakerKey>(
                "matchmaker",
                (_, registry, _) => Props.Create(() => new MatchmakerActor(new Neighbours(registry), time)),
                new ClusterSingletonOptions { LogSingletonIdentificationFailure = false }) // it complains at every start and stop
            .WithActors((system, registry) =>
            {
                registry.Register<NewsKey>(system.ActorOf(Props.Create<NewsDeskActor>(), "news"));
                var reader = new IndexReader(files.Index);
                system.ActorOf(
                    Props.Create(() => new ScannerActor(reader, new Neighbours(registry), time)), "scanner");
                var (logs, blobs) = (services.GetRequiredService<ILogStore>(), services.GetRequiredService<IBlobStore>());
                system.ActorOf(Props.Create(() => new LogKeeperActor(logs, blobs, registry, time, options.LogSweep)), "log-keeper");
                var index = Props.Create(() => new IndexActor(() => new IndexStore(files.Index, files.Journal)))
                    .WithDispatcher("rxelon.index-dispatcher");
                system.ActorOf(
                    BackoffSupervisor.Props(Backoff.OnFailure(index, "follower", AfterCrash, LongAfterCrash, 0.2, int.MaxValue)), "index");
            });
    }

    private static HashCodeMessageExtractor Extract<TCommand>(Func<TCommand, string> id)
        where TCommand : class
        => HashCodeMessageExtractor.Create(
            ShardCount,
            message => message is TCommand command ? id(command) : null!); // the region drops what it cannot place

    private static ShardOptions Shards(TimeSpan? idleAfter) => new()
    {
        StateStoreMode = StateStoreMode.DData,
        RememberEntities = false,
        HandOffStopMessage = StopEntity.Instance,
        ShouldPassivateIdleEntities = idleAfter is not null,
        PassivateIdleEntityAfter = idleAfter,
    };

    private static MultiDataOptionsSetup Databases(HubFiles files)
    {
        var setup = new MultiDataOptionsSetup();
        setup.AddDataOptions("akka.persistence.journal.sql", files.Journal.ForPersistence());
        setup.AddDataOptions("akka.persistence.snapshot-store.sql", files.Snapshots.ForPersistence());
        return setup;
    }
}
