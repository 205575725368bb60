using Rxelon.Bench.Mock;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Whole lifecycles without sandboxes: submit, hold, place, release keys, accept, settle, with entities, money, journal and ledger
/// as in production and nodes that answer at once. Once as many one-part tasks, once as one task of many parts; each in turn by
/// a hub that seals and by one that does not, so that a ratio compares neighbours in time.
/// </summary>
internal sealed class ControlPlaneRow : IBenchRow
{
    private const int Accounts = 100;
    private const int InFlight = 256;
    private static readonly Tokens Money = new(1_000_000_000_000_000);

    public string Name => "control-plane";

    public string About => "parts/s of whole lifecycles with mock nodes, with and without sealing";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var parts = run.Quick ? 500 : 10_000;
        var (small, smallNotes) = await Run(
            run, parts, run.Times(4, 1), "one-part tasks", 1_500, (hub, owners) => hub.RunTasksAsync(owners, parts, 1, InFlight));
        var (large, largeNotes) = await Run(run, parts, run.Times(12, 1), "one task", 10_000, (hub, owners) => hub.RunTasksAsync(owners, 1, parts, 1));
        return new RowResult([.. small, .. large], ["Hubs, mock nodes and submitters in one process.", .. smallNotes, .. largeNotes]);
    }

    private static async Task<(IReadOnlyList<Figure> Figures, IReadOnlyList<string> Notes)> Run(
        BenchRun run, int parts, int warmRuns, string name, double target, Func<MockHub, IReadOnlyList<AccountId>, Task> round)
    {
        await using var sealing = await Side.StartAsync(true, parts, round);
        await using var bare = await Side.StartAsync(false, parts, round);
        for (var i = 0; i <= warmRuns; i++)
        {
            // Whoever goes second finds the machine as the first one left it: they take turns at that as well.
            foreach (var side in i % 2 == 0 ? [sealing, bare] : new[] { bare, sealing })
                await side.RoundAsync();
            run.Say($"{name}: {sealing.Rates[^1]:0} parts/s with sealing, {bare.Rates[^1]:0} without");
        }

        var ratios = sealing.Rates.Zip(bare.Rates, (with, without) => with / without).ToList();
        return (
        [
            new($"{name}: parts, cold", "1/s", sealing.Rates[..1]),
            new($"{name}: parts, warm", "1/s", sealing.Rates[1..], Target.Least(target)),
            new("  without sealing", "1/s", bare.Rates[1..]),
            new("  with over without", "", ratios[1..], Target.Least(0.85)),
            new("  behind at the end of a round", "events", sealing.Behind[1..]),
            new("  until all of it was published", "s", sealing.Seconds[1..]),
            new($"{name}: events per part", "", sealing.Events[1..], Target.Most(name == "one task" ? 1.3 : 7)),
            new($"{name}: busy cores", "", sealing.Cores[1..]),
            new("  without sealing", "", bare.Cores[1..]),
            new($"{name}: allocated per part", "KiB", sealing.KiB[1..]),
            new("  without sealing", "KiB", bare.KiB[1..]),
        ],
        [$"{name}: {await new SealWatch(sealing.Hub).CheckAsync()}"]);
    }

    /// <summary>One of the two hubs and what it did.</summary>
    private sealed class Side(MockHub hub, bool seals, IReadOnlyList<AccountId> owners, int parts, Func<MockHub, IReadOnlyList<AccountId>, Task> round) : IAsyncDisposable
    {
        private readonly SealWatch _watch = new(hub);

        internal MockHub Hub => hub;

        internal List<double> Rates { get; } = [];

        internal List<double> Events { get; } = [];

        internal List<double> Cores { get; } = [];

        internal List<double> KiB { get; } = [];

        internal List<double> Behind { get; } = [];

        internal List<double> Seconds { get; } = [];

        internal static async Task<Side> StartAsync(bool seals, int parts, Func<MockHub, IReadOnlyList<AccountId>, Task> round)
        {
            var hub = await MockHub.StartAsync(sealing: seals);
            await hub.OpenOperatorsAsync();
            hub.AttachNodes(nodes: 16, slots: 64);
            var owners = new List<AccountId>();
            for (var i = 0; i < Accounts; i++)
                owners.Add(await hub.OpenAccountAsync(Money));
            return new Side(hub, seals, owners, parts, round);
        }

        internal async Task RoundAsync()
        {
            var before = _watch.Journaled();
            var load = new Load();
            await round(hub, owners);
            Rates.Add(parts / load.Seconds);
            Cores.Add(load.BusyCores);
            KiB.Add(load.AllocatedKiB / parts);
            if (seals)
            {
                var (behind, seconds) = await _watch.CatchUpAsync();
                Behind.Add(behind);
                Seconds.Add(seconds);
            }

            await hub.MoneyAtRestAsync(owners, Money);
            Events.Add((_watch.Journaled() - before) / (double)parts);
            if (seals)
                await _watch.CatchUpAsync(); // the other hub has the machine for itself now
        }

        public ValueTask DisposeAsync() => hub.DisposeAsync();
    }
}
