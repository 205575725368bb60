using System.Security.Cryptography;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Rows;

/// <summary>The pure matcher: many queued parts of many tasks, nodes that free a slot for each placement.</summary>
internal sealed class MatcherRow : IBenchRow
{
    private const int PartsPerTask = 100;
    private const int Slots = 4;
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    public string Name => "matcher";

    public string About => "placements/s in the pure matcher with a long queue";

    public Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var sizes = run.Quick ? [10, 100] : new[] { 100, 1_000, 10_000 };
        var parts = run.Quick ? 1_000 : 100_000;
        var runs = run.Times(5, 1);
        Place(sizes[0], parts); // JIT
        var measured = new List<Figure>();
        foreach (var nodes in sizes)
        {
            var rates = Enumerable.Range(0, runs).Select(_ => Place(nodes, parts)).ToList();
            measured.Add(new($"{nodes} nodes, {parts} parts: placements", "1/s", rates, run.Quick ? null : Target.Least(20_000)));
        }

        var spread = measured.Max(m => m.At(0.5)) / measured.Min(m => m.At(0.5));
        measured.Add(new Figure("cost per placement, dearest over cheapest size", "x", [spread], run.Quick ? null : Target.Most(2)));
        return Task.FromResult(new RowResult(measured, []));
    }

    private static double Place(int nodes, int parts)
    {
        var matcher = new Matcher();
        var random = new Random(1);
        for (var i = 0; i < nodes; i++)
            matcher.UpdateOffer(Offer(i, random));
        for (var i = 0; i < parts / PartsPerTask; i++)
            matcher.SetDemand(Demand(i, random));
        var placed = 0;
        var load = new Load();
        while (placed < parts)
        {
            var matches = matcher.Pass(Now, 1000);
            if (matches.Count == 0)
                throw new InvalidOperationException($"{parts - placed} parts find no node: {matcher.Explain(Demand(0, random).Task, Now)}");
            placed += matches.Count;
            foreach (var task in matches.GroupBy(m => m.Task))
            {
                matcher.Answered(new PartsPlaced(task.Key, [.. task.Select(m => Assigned(m.Placed))], []));
                foreach (var m in task)
                    matcher.FreeRoom(task.Key, m.Placed.Node, m.Placed.Session, [new PartAttempt(m.Placed.Part, 1)]);
            }
        }

        return placed / load.Seconds;
    }

    private static Assigned Assigned(Placed p) => new(new PartAttempt(p.Part, 1), p.Node, p.Operator, p.Session, p.AskPerCoreHour);

    private static NodeOffer Offer(int number, Random random)
    {
        var room = new Resources(Slots * 1000, (1L << 30) * random.Next(4, 64), 1L << 40);
        return new NodeOffer(
            NodeId.OfIdentityKey(SHA256.HashData(BitConverter.GetBytes(number))),
            AccountId.OfSigningKey(SHA256.HashData(BitConverter.GetBytes(number % 50))),
            1,
            room,
            room,
            Slots,
            Slots,
            false,
            new Tokens(random.Next(1_000, 2_000_000)),
            random.Next(2) == 0 ? "eu" : "us",
            new Dictionary<string, string>(),
            new HashSet<WorkloadKind> { WorkloadKind.Wasm, WorkloadKind.Mock },
            new HashSet<string>());
    }

    private static TaskDemand Demand(int number, Random random)
    {
        var spec = new TaskSpec
        {
            Name = "t",
            Kind = WorkloadKind.Wasm,
            Resources = new Resources(1000, (256L << 20) * random.Next(1, 8), 1L << 30),
            Placement = new Placement { Regions = random.Next(4) == 0 ? ["eu"] : [] },
        };
        return new TaskDemand(
            TaskId.FromBytes(SHA256.HashData(BitConverter.GetBytes(number)).AsSpan(0, 16)),
            AccountId.OfSigningKey(SHA256.HashData(BitConverter.GetBytes(number % 20))),
            spec,
            (Tier)random.Next(1, 4),
            Now.AddSeconds(-random.Next(1000)),
            new Tokens(3_000_000),
            [.. Enumerable.Range(0, PartsPerTask)],
            0,
            null,
            new Dictionary<int, IReadOnlyList<NodeId>>());
    }
}
