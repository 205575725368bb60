using CsCheck;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tests.World;

namespace Rxelon.Domain.Tests.Matching;

public sealed class MatcherPropertySpecs
{
    private const int Nodes = 5;

    [Fact]
    public void No_node_is_overfull_no_part_runs_twice_and_every_task_keeps_its_limit()
        => Gen.Select(Gen.Int[0, 99], Gen.Int[0, 1_000]).List[50, 400].Sample(choices =>
        {
            var market = new Market();
            var running = new List<Match>();
            var tasks = 0;
            foreach (var (what, pick) in choices)
            {
                switch (what)
                {
                    case < 10: market.With(Offer(pick % Nodes, running)); break;
                    case < 20: market.Want(Demand(tasks++)); break;
                    case < 24: market.Matcher.NodeFault(Ids.Node(pick % Nodes), market.Now); break;
                    case < 60 when running.Count > 0:
                        market.Free(running[pick % running.Count]);
                        running.RemoveAt(pick % running.Count);
                        break;
                    default:
                        market.Now += TimeSpan.FromMilliseconds(300);
                        var matches = market.Pass(1 + (pick % 4));
                        market.Accept(matches);
                        running.AddRange(matches);
                        break;
                }

                Assert.All(running.GroupBy(m => m.Placed.Node), g => Assert.True(g.Count() <= Slots(g.Key)));
                Assert.Equal(running.Count, running.DistinctBy(m => (m.Task, m.Placed.Part)).Count());
                Assert.All(running.GroupBy(m => m.Task), g => Assert.True(g.Count() <= 2));
            }
        }, iter: 500);

    [Fact]
    public void Everything_is_placed_in_the_end()
        => Gen.Select(Gen.Int[1, 20], Gen.Int[1, Nodes]).Sample((tasks, nodes) =>
        {
            var market = new Market();
            for (var task = 0; task < tasks; task++)
                market.Want(Demand(task));
            for (var node = 0; node < nodes; node++)
                market.With(Offer(node, []));
            var placed = 0;
            for (var round = 0; round < 200; round++)
            {
                var matches = market.Pass(3);
                market.Accept(matches);
                foreach (var match in matches)
                    market.Free(match);
                placed += matches.Count;
            }

            return placed == tasks * 3 && market.Matcher.WaitingCount == 0;
        });

    private static int Slots(Rxelon.Shared.Ids.NodeId node) => 1 + (Enumerable.Range(0, Nodes).Single(n => Ids.Node(n) == node) % 3);

    private static NodeOffer Offer(int node, List<Match> running)
    {
        var slots = Slots(Ids.Node(node));
        return Market.Offer(node, slots, 500 + node) with { SlotsFree = slots - running.Count(m => m.Placed.Node == Ids.Node(node)) };
    }

    // Three parts, two at a time; every other task sticky, some with an odd size.
    private static Rxelon.Domain.Tasks.TaskDemand Demand(int task) => Market.Demand(task, 3, s => s with
    {
        Privacy = s.Privacy with { Parallel = 2, Sticky = task % 2 == 0 },
        Resources = s.Resources with { CpuMillis = 1_000 + (task % 4) },
    });
}
