using System.Diagnostics;
using Rxelon.Bench.Mock;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Rows;

/// <summary>Memory of a hub that has finished more and more parts: it must not grow with the past.</summary>
internal sealed class HotStateRow : IBenchRow
{
    private const int InFlight = 256;
    private static readonly Tokens Money = new(1_000_000_000_000_000);

    public string Name => "hot-state";

    public string About => "memory after 10^3 to 10^5 finished one-part tasks";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        await using var hub = await MockHub.StartAsync(sealing: true);
        await hub.OpenOperatorsAsync();
        hub.AttachNodes(nodes: 16, slots: 64);
        var owners = new List<AccountId>();
        for (var i = 0; i < 100; i++)
            owners.Add(await hub.OpenAccountAsync(Money));
        var measured = new List<Figure>();
        var finished = 0;
        foreach (var goal in run.Quick ? [500, 1000] : new[] { 1_000, 10_000, 30_000, 100_000 })
        {
            await hub.RunTasksAsync(owners, goal - finished, 1, InFlight, asNeeded: true);
            finished = goal;
            await hub.MoneyAtRestAsync(owners, Money);
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            using var process = Process.GetCurrentProcess();
            measured.Add(new Figure($"{goal} parts: managed heap", "MiB", [GC.GetTotalMemory(true) / 1048576.0]));
            measured.Add(new Figure($"{goal} parts: resident", "MiB", [process.WorkingSet64 / 1048576.0], Target.Most(600)));
        }

        return new RowResult(measured, ["Hub, mock nodes and submitters in one process."]);
    }
}
