using System.Diagnostics;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Rxelon.ExoDouble;
using Rxelon.Node.Blobs;
using Rxelon.Node.Executors.Exo;
using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Tests.Exo;

/// <summary>What a cluster adds up to, and how fast the hub hears of it.</summary>
public sealed class ExoPoolSpecs : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_pool_is_the_sum_of_live_members_and_lists_what_they_can_run()
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { MoreModels = new Dictionary<string, long> { ["a/fits"] = 1L << 30, ["a/huge"] = 1L << 40 } });

        Assert.True(exo.Report.Available);
        Assert.Equal((Golden.MemoryTotal, Golden.MemoryFree, 2), (exo.Pool.MemoryTotal, exo.Pool.MemoryFree, exo.Pool.Devices));
        Assert.Equal([("a/fits", false), (Golden.Model, true)], exo.Pool.Models.Select(m => (m.Name, m.IsLoaded)));
        Assert.Contains(exo.Report.Warnings, w => w.Contains("firewall", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ghosts_of_members_that_left_do_not_count()
    {
        await using var exo = await ExoUnderTest.StartAsync();

        await exo.Server.Cluster.LoseMemberAsync(Golden.MiniId);

        await Eventually.TrueAsync("one member", () => exo.Pool is { Devices: 1, MemoryTotal: 103079215104, MemoryFree: 75161927680 });
        await Eventually.TrueAsync("its instance gone, its model still fitting", () => exo.Pool.Models is [{ Name: Golden.Model, IsLoaded: false }]);
    }

    [Fact]
    public async Task A_model_that_fits_no_more_is_offered_no_more()
    {
        await using var exo = await ExoUnderTest.StartAsync(isLoaded: false);
        Assert.Single(exo.Pool.Models);

        exo.Server.Script.TooLittleMemory = true;

        await Eventually.TrueAsync("no model", () => exo.Pool.Models.Count == 0);
    }

    [Fact]
    public async Task A_cluster_that_is_away_at_the_start_or_later_offers_nothing_until_it_is_back()
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { Broken = true });
        Assert.True(exo.Report.Available);
        Assert.Empty(exo.Pool.Models);
        Assert.Equal(FaultCodes.ExecutorFailed, (await exo.AskAsync()).Code);

        exo.Server.Script.Broken = false;
        await Eventually.TrueAsync("models", () => exo.Pool.Models.Count == 1);
        exo.Server.Script.Broken = true;
        await Eventually.TrueAsync("none", () => exo.Pool is { Models: [], Devices: 0 });
        exo.Server.Script.Broken = false;
        await Eventually.TrueAsync("models again", () => exo.Pool.Models.Count == 1);
    }

    [Fact]
    public async Task Something_else_than_a_known_EXO_is_refused_in_words()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        await using var strange = new ExoExecutor(new Uri(exo.Server.Url, "/elsewhere/"), ExoUnderTest.Short, TimeProvider.System);

        var report = await strange.FingerprintAsync(CancellationToken.None);

        Assert.False(report.Available);
        Assert.Contains("no EXO of 1.0.71 or later", report.Missing);
    }

    [Fact]
    public async Task The_whole_state_is_never_asked_for_however_big_it_is()
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { DownloadEntries = 120 });

        Assert.Null((await exo.AskAsync()).Code);

        Assert.DoesNotContain(exo.Server.Requests, r => r is "GET /state" or "GET /state/downloads" or "GET /events");
    }

    /// <summary>With the times of production: nothing is shortened here.</summary>
    [Fact]
    public async Task Members_that_leave_and_join_change_the_offer_within_ten_seconds()
    {
        await using var exo = await ExoUnderTest.StartAsync(isLoaded: false, times: new ExoTimes());
        using var state = new TestState();
        using var identity = SigningKeyPair.Generate();
        using var session = ExchangeKeyPair.Generate();
        var spool = new CipherSpool(Path.Combine(state.Path, "spool"));
        using var blobs = new BlobTransfer(new Supervision.FakeStore(), spool, TimeProvider.System);
        var services = new NodeServices(
            NodeId.OfIdentityKey(identity.PublicKey), identity, session, [exo.Executor], [exo.Report], blobs, spool,
            new OfferTerms(new Resources(4000, 1L << 30, 1L << 30), 4, 1000, "eu", new Dictionary<string, string>()), TimeProvider.System);
        var link = CreateTestProbe();
        var node = Sys.ActorOf(ExecutorSupervisor.Props(services, link));
        node.Tell(new AskRunning(), link);
        var first = (await link.ExpectMsgAsync<RunningAttempts>(Patience)).Offer.Executors.Single();
        Assert.Equal(((uint)WorkloadKind.Model, 2u, Golden.MemoryTotal), (first.Kind, first.PoolDevices, first.PoolMemory));

        var since = Stopwatch.StartNew();
        await exo.Server.Cluster.LoseMemberAsync(Golden.MiniId);
        var less = await NextAsync(link, e => e.PoolDevices == 1);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), $"The loss was offered after {since.Elapsed}.");
        Assert.Equal(103079215104, less.PoolMemory);

        since.Restart();
        exo.Server.Cluster.Join("mini-b", 51539607552, 33285996544);
        var again = await NextAsync(link, e => e.PoolDevices == 2);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), $"The new member was offered after {since.Elapsed}.");
        Assert.Equal(Golden.MemoryTotal, again.PoolMemory);
        await node.GracefulStop(Patience);
    }

    private static async Task<ExecutorOffer> NextAsync(TestProbe link, Predicate<ExecutorOffer> isIt)
        => ((OfferChanged)await link.FishForMessageAsync(m => m is OfferChanged c && isIt(c.Offer.Executors.Single()), Patience)).Offer.Executors.Single();
}
