using System.Diagnostics;
using Rxelon.Domain.Matching;
using Xunit.Abstractions;

namespace Rxelon.Domain.Tests.Matching;

public sealed class MatcherSpeedSpecs(ITestOutputHelper output)
{
    [Theory]
    [InlineData(100, 100_000)]
    [InlineData(10_000, 100_000)]
    [InlineData(10_000, 1)]
    public void Placements_keep_their_pace_with_many_nodes_and_a_long_queue(int nodes, int partsPerTask)
    {
        var market = Queue(nodes, 100_000, partsPerTask);
        Churn(market, 20_000);
        var watch = Stopwatch.StartNew();
        Churn(market, 40_000);
        var pace = 40_000 / watch.Elapsed.TotalSeconds;
        output.WriteLine($"{nodes} nodes, {partsPerTask} parts a task: {pace:N0} placements/s");
        Assert.True(pace > 4_000, $"{pace:N0} placements/s"); // the bench holds the real number; this catches a scan of everything
    }

    [Fact]
    public void A_rare_node_is_found_without_looking_at_all_the_others()
    {
        var market = Queue(10_000, 1, 1);
        market.With([.. Enumerable.Range(20_000, 50).Select(n => Market.Offer(n) with { Region = "us" })]);
        market.Want(Market.Demand(900_000, 60_000, s => s with { Placement = new() { Regions = ["us"] } }));
        Churn(market, 1_000);
        var watch = Stopwatch.StartNew();
        Churn(market, 20_000);
        var pace = 20_000 / watch.Elapsed.TotalSeconds;
        output.WriteLine($"{pace:N0} placements/s");
        Assert.True(pace > 4_000, $"{pace:N0} placements/s");
    }

    private static Market Queue(int nodes, int parts, int partsPerTask)
    {
        var market = new Market();
        market.With([.. Enumerable.Range(0, nodes).Select(n => Market.Offer(n, ask: 1_000 + (n % 97)))]);
        for (var task = 0; task < parts / partsPerTask; task++)
            market.Want(Market.Demand(task, partsPerTask, minute: task % 50));
        return market;
    }

    // Passes of at most 64 parts; the oldest attempts end as new ones begin, so that room stays scarce.
    private static void Churn(Market market, int placements)
    {
        var running = new Queue<Match>();
        for (var done = 0; done < placements;)
        {
            var matches = market.Pass(64);
            Assert.NotEmpty(matches);
            market.Accept(matches);
            done += matches.Count;
            foreach (var match in matches)
                running.Enqueue(match);
            while (running.Count > 64)
                market.Free(running.Dequeue());
        }

        while (running.TryDequeue(out var last))
            market.Free(last);
    }
}
