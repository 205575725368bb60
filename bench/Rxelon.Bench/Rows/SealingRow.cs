using System.Security.Cryptography;
using Rxelon.Bench.Mock;
using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Rows;

/// <summary>
/// The ledger over a hub's journal: how long an event waits for its block, under a steady load and alone; how fast a sealer without
/// a hub goes through that journal; what a leaf takes on disk; and the writer of files by itself.
/// </summary>
internal sealed class SealingRow : IBenchRow
{
    private const int PerSecond = 500;
    private static readonly Tokens Money = new(1_000_000_000_000_000);

    public string Name => "sealing";

    public string About => "from event to published block, bytes a leaf, sealer and files alone";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var root = Path.Combine(Path.GetTempPath(), "rxelon-" + Guid.NewGuid().ToString("n"));
        try
        {
            // First, and all is deleted last: ext4 takes its time for a new file next to many that were deleted a moment ago.
            run.Say("files alone");
            var files = LogFilesLoad.Measure(Path.Combine(root, "files"), run.Quick ? 300_000 : 10_000_000, 300_000, cancel);
            var (waits, check) = await Waits(run, Path.Combine(root, "hub"));
            run.Say(check);
            var alone = Alone(run, Path.Combine(root, "hub"), Path.Combine(root, "alone"));
            return new RowResult([.. waits, .. alone, .. files], [check, "No witnesses: a block is published when the hub has signed it."]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    // Afterwards the journal in the directory is ready for a sealer alone.
    private static async Task<(IReadOnlyList<Figure> Figures, string Check)> Waits(BenchRun run, string directory)
    {
        await using var hub = await MockHub.StartAsync(directory, sealing: true);
        await hub.OpenOperatorsAsync();
        hub.AttachNodes(nodes: 16, slots: 64);
        var owners = new List<AccountId>();
        for (var i = 0; i < 100; i++)
            owners.Add(await hub.OpenAccountAsync(Money));
        await hub.RunTasksAsync(owners, 500, 1, 64); // starts, schema, JIT
        await Rest(hub, owners);

        using var watch = new BlockWatch(hub);
        run.Say($"{PerSecond} parts/s");
        var start = hub.Ledger!.Status.Size;
        await hub.RunPacedAsync(owners, PerSecond * (run.Quick ? 2 : 20), PerSecond);
        await Rest(hub, owners);
        var loaded = await watch.WaitsAsync(start);
        run.Say("one task at a time");
        start = hub.Ledger.Status.Size;
        for (var i = run.Quick ? 3 : 25; i > 0; i--)
        {
            await hub.RunTasksAsync(owners.Take(1).ToList(), 1, 1, 1);
            await Task.Delay(RandomNumberGenerator.GetInt32(300, 2500)); // anywhere between two looks of the sealer
        }

        await Rest(hub, owners);
        var idle = await watch.WaitsAsync(start);
        run.Say("filling the journal");
        await hub.RunTasksAsync(owners, run.Quick ? 500 : 20_000, 1, 256);
        await Rest(hub, owners);
        return (
        [
            new($"event to published block, {PerSecond} parts/s", "s", loaded, P99: Target.Most(2)),
            new("event to published block, one task at a time", "s", idle, P99: Target.Most(2)),
        ],
        await new SealWatch(hub).CheckAsync());
    }

    private static async Task Rest(MockHub hub, IReadOnlyList<AccountId> owners)
    {
        await hub.MoneyAtRestAsync(owners, Money);
        await new SealWatch(hub).CatchUpAsync();
    }

    private static IReadOnlyList<Figure> Alone(BenchRun run, string journalOf, string directory)
    {
        Directory.CreateDirectory(directory);
        var journal = new SqliteFile(Path.Combine(journalOf, "journal.db"));
        var database = Path.Combine(directory, SealingServices.DatabaseName);
        var log = Path.Combine(directory, SealingServices.FolderName);
        using var keys = LogKeys.Open(directory, [.. MockHub.SealingKey], _ => "bench.example/ledger");
        using var sealer = new Sealer(
            journal, new SqliteFile(database), log, keys, MockHub.SealingKey, TimeProvider.System, replicas: true, () => RandomNumberGenerator.GetBytes(EntityKey.Size));
        var load = new Load();
        var (rows, signed) = (0L, 0.0);
        for (int read; (read = sealer.Advance(2000)) > 0 || sealer.IsAhead; rows += read)
        {
            if (read > 0 && load.Seconds - signed < 1)
                continue;
            var checkpoint = sealer.Sign();
            sealer.Publish(checkpoint, checkpoint.Note);
            signed = load.Seconds;
        }

        var (rate, cores, kib) = (rows / load.Seconds, load.BusyCores, load.AllocatedKiB / rows);
        var leaves = (double)sealer.Size;
        run.Say($"{rows} events sealed");
        SqliteFile.Execute(new SqliteFile(database).Open(), "PRAGMA wal_checkpoint(TRUNCATE);");
        double Bytes(string below) => new DirectoryInfo(Path.Combine(log, below)).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) / leaves;
        return
        [
            new($"sealer alone, {rows} events, a checkpoint a second", "1/s", [rate]),
            new("  busy cores", "", [cores]),
            new("  allocated per event", "KiB", [kib]),
            new("tiles and entries on disk, per leaf", "B", [Bytes("tile")], Target.Most(181)),
            new("  payloads", "B", [Bytes("payload")]),
            new("  ledger.db", "B", [new FileInfo(database).Length / leaves]),
            new("  journal.db, for comparison", "B", [new FileInfo(journal.Path).Length / leaves]),
        ];
    }
}
