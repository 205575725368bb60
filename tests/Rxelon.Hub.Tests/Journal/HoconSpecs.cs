using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using Rxelon.Bench.Mock;
using Rxelon.Hub.Config;

namespace Rxelon.Hub.Tests.Journal;

public sealed class HoconSpecs
{
    [Fact]
    public async Task Every_key_of_the_file_is_one_that_Akka_knows()
    {
        var known = Keys(await ReferenceAsync()).ToHashSet(StringComparer.Ordinal);
        var ours = Keys(ConfigurationFactory.ParseString(File.ReadAllText(AkkaHosting.HoconFile)))
            .Where(k => !k.StartsWith("rxelon.", StringComparison.Ordinal));
        Assert.Empty(ours.Except(known));
    }

    [Fact]
    public async Task The_journal_is_durable_unique_and_read_without_the_write_lock()
    {
        await using var hub = await MockHub.StartAsync();
        await hub.OpenAccountAsync(new Shared.Values.Tokens(1));
        var journal = new HubFiles(hub.Options.DataDirectory).Journal;
        using var connection = journal.OpenReadOnly();
        Assert.Equal("wal", Ask("PRAGMA journal_mode"));
        Assert.Equal(2L, Ask("PRAGMA synchronous"));
        Assert.Equal(5000L, Ask("PRAGMA busy_timeout"));
        Assert.Equal(1L, Ask("SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE UNIQUE INDEX%(persistence_id, sequence_number)'"));
        var sql = hub.System.Settings.Config.GetConfig("akka.persistence.journal.sql");
        Assert.Equal("read-uncommitted", sql.GetString("read-isolation-level"));
        Assert.Equal(1, sql.GetInt("parallelism"));
        Assert.False(hub.System.Settings.SerializeAllMessages);

        object Ask(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar()!;
        }
    }

    /// <summary>What a system without our file knows once every extension that we use has added its defaults.</summary>
    private static async Task<Akka.Configuration.Config> ReferenceAsync()
    {
        using var system = ActorSystem.Create(
            "reference", "akka { loglevel = ERROR, stdout-loglevel = OFF, actor.provider = cluster, remote.dot-netty.tcp.port = 0 }");
        Cluster.Get(system);
        ClusterSharding.Get(system);
        Persistence.Instance.Apply(system);
        var known = system.Settings.Config.WithFallback(SqlPersistence.DefaultConfiguration);
        await system.Terminate();
        return known;
    }

    private static IEnumerable<string> Keys(Akka.Configuration.Config config) => config.AsEnumerable().SelectMany(p => Keys(p.Key, p.Value));

    private static IEnumerable<string> Keys(string path, Akka.Configuration.Hocon.HoconValue value)
        => value.IsObject() ? value.GetObject().Items.SelectMany(i => Keys($"{path}.{i.Key}", i.Value)) : [path];
}
