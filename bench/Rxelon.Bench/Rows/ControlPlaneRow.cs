using Rxelon.Bench.Mock;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Whole lifecycles without sandboxes: submit, hold, place, release keys, accept, settle, with entities, money and journal as
/// in production and nodes that answer at once. Once as many one-part tasks, once as one task of many parts.
/// </summary>
internal sealed class ControlPlaneRow : IBenchRow
{
    private const int Accounts = 100;
    private const int InFlight = 256;
    private static readonly Tokens Money = new(1_000_000_000_000_000);

    public string Name => "control-plane";

    public string About => "parts/s of whole lifecycles with mock nodes";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var parts = run.Quick ? 500 : 10_000;
        var warmRuns = run.Times(4, 1);
        var small = await Run(parts, warmRuns, "one-part tasks", 1_500, (hub, owners) => hub.RunTasksAsync(owners, parts, 1, InFlight));
        var large = await Run(parts, warmRuns, "one task", 10_000, (hub, owners) => hub.RunTasksAsync(owners, 1, parts, 1));
        return new RowResult([.. small, .. large], ["Hub, mock nodes and submitters in one process."]);
    }

    private static async Task<IReadOnlyList<Figure>> Run(
        int parts, int warmRuns, string name, double target, Func<MockHub, IReadOnlyList<AccountId>, Task> round)
    {
        await using var hub = await MockHub.StartAsync();
        await hub.OpenOperatorsAsync();
        hub.AttachNodes(nodes: 16, slots: 64);
        var owners = new List<AccountId>();
        for (var i = 0; i < Accounts; i++)
            owners.Add(await hub.OpenAccountAsync(Money));
        var rates = new List<double>();
        var events = new List<double>();
        var cores = new List<double>();
        var kib = new List<double>();
        for (var run = 0; run <= warmRuns; run++)
        {
            var before = Rows(hub);
            var load = new Load();
            await round(hub, owners);
            rates.Add(parts / load.Seconds);
            cores.Add(load.BusyCores);
            kib.Add(load.AllocatedKiB / parts);
            await hub.MoneyAtRestAsync(owners, Money);
            events.Add((Rows(hub) - before) / (double)parts);
        }

        return
        [
            new($"{name}: parts, cold", "1/s", rates[..1]),
            new($"{name}: parts, warm", "1/s", rates[1..], Target.Least(target)),
            new($"{name}: events per part", "", events[1..], Target.Most(name == "one task" ? 1.3 : 7)),
            new($"{name}: busy cores", "", cores[1..]),
            new($"{name}: allocated per part", "KiB", kib[1..]),
        ];
    }

    private static long Rows(MockHub hub)
    {
        using var tail = new JournalTail(new SqliteFile(Path.Combine(hub.Options.DataDirectory, "journal.db")));
        return tail.Last();
    }
}
