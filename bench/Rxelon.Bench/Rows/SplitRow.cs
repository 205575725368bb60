using Rxelon.Bench.Network;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Rows;

/// <summary>
/// A simulation that only computes, in parts: on one node, on four, checked by a quorum, and with a node killed in the middle. Each node
/// is an operator's own, runs one part at a time and shares the two cores of this machine with the others and the hub.
/// </summary>
internal sealed class SplitRow : IBenchRow
{
    private const int Nodes = 4;
    private const int Parts = 16;
    private const double Gain = 1.8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static string Program => Path.Combine(Repository.Root, "samples", "monte-carlo", "montecarlo.wasm");

    public string Name => "split";

    public string About => "a computation in parts on four nodes over one node, what a quorum costs, and what a killed node costs";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var paths = run.Quick ? 160_000 : 6_400_000;
        var times = run.Times(3, 1);
        var network = new BenchNetwork();
        await using (network.ConfigureAwait(false))
        {
            try
            {
                return await RunAsync(network, paths, times, run).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{e.Message}\n{network.Output}", e);
            }
        }
    }

    private static async Task<RowResult> RunAsync(BenchNetwork network, int paths, int times, BenchRun run)
    {
        string[] options = ["--executors", "wasm", "--slots", "1"];
        run.Say("starting a hub and a node");
        await network.StartAsync(options).ConfigureAwait(false);
        List<double> alone = [], one = [], four = [], quorum = [], gain = [], overhead = [], dearer = [], again = [];
        await TimedAsync(network, "warm", paths / 4, null).ConfigureAwait(false);
        for (var i = 0; i < times; i++)
        {
            run.Say("the program by itself, and on one node");
            alone.Add(ProgramAlone.Gain(Program, paths, Parts, network.Directory));
            one.Add((await TimedAsync(network, $"one-{i}", paths, null).ConfigureAwait(false)).Seconds);
        }

        for (var node = 1; node < Nodes; node++)
            await network.AddNodeAsync(options).ConfigureAwait(false);
        await TimedAsync(network, "warm-all", paths / 4, null).ConfigureAwait(false);
        for (var i = 0; i < times; i++)
        {
            run.Say($"on {Nodes} nodes, and the same checked by a quorum of 2 of 3");
            var plain = await TimedAsync(network, $"four-{i}", paths, null).ConfigureAwait(false);
            var agreed = await TimedAsync(network, $"quorum-{i}", paths, new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 }).ConfigureAwait(false);
            four.Add(plain.Seconds);
            quorum.Add(agreed.Seconds);
            gain.Add(one[i] / plain.Seconds);
            overhead.Add(agreed.Seconds / plain.Seconds);
            dearer.Add((double)agreed.Cost / plain.Cost);
        }

        for (var i = 0; i < times; i++)
        {
            run.Say("with a node killed in the middle");
            again.Add(await KilledAsync(network, $"killed-{i}", paths, options).ConfigureAwait(false));
        }

        return new RowResult(
            [
                new Figure($"{Parts} parts on one node", "s", one),
                new Figure($"the same on {Nodes} nodes", "s", four),
                new Figure("  one node over that", "ratio", gain, Target.Least(Gain)),
                new Figure("  the program by itself, one thread over two", "ratio", alone),
                new Figure("the same checked by a quorum of 2 of 3", "s", quorum),
                new Figure("  over unchecked: time", "ratio", overhead),
                new Figure("  over unchecked: price", "ratio", dearer),
                new Figure("parts computed again after a node was killed", "parts", again, Target.Most(1)),
            ],
            ["From submission to the last accepted part, by the hub's clock. A node runs one part at a time; the machine's cores bound the gain."]);
    }

    private static async Task<(double Seconds, long Cost)> TimedAsync(BenchNetwork network, string name, int paths, VerifySpec? verify)
    {
        var prepared = await SubmitAsync(network, name, paths, verify).ConfigureAwait(false);
        var task = await SeeAsync(network, prepared, "ended", t => t.Summary.EndedAt is not null).ConfigureAwait(false);
        return task.Summary.Phase == "Completed"
            ? ((task.Summary.EndedAt!.Value - task.Summary.SubmittedAt).TotalSeconds, task.Summary.Cost.Micros)
            : throw new InvalidDataException($"{name} ended as {task.Summary.Phase}: {task.Summary.Reason?.Message}");
    }

    // Attempts that had begun and had to be made again.
    private static async Task<double> KilledAsync(BenchNetwork network, string name, int paths, string[] options)
    {
        var prepared = await SubmitAsync(network, name, paths, null).ConfigureAwait(false);
        await SeeAsync(network, prepared, "half done", t => t.Summary.PartsAccepted >= Parts / 2).ConfigureAwait(false);
        await network.KillLastNodeAsync().ConfigureAwait(false);
        var ended = await SeeAsync(network, prepared, "ended", t => t.Summary.EndedAt is not null).ConfigureAwait(false);
        if (ended.Summary.Phase != "Completed")
            throw new InvalidDataException($"{name} ended as {ended.Summary.Phase}: {ended.Summary.Reason?.Message}");
        await network.AddNodeAsync(options).ConfigureAwait(false);
        return ended.Parts.Sum(p => p.Attempt - 1);
    }

    private static async Task<PreparedTask> SubmitAsync(BenchNetwork network, string name, int paths, VerifySpec? verify)
    {
        var (prepared, request) = await network.User.PrepareAsync(new TaskPlan
        {
            Spec = new TaskSpec
            {
                Name = name,
                Kind = WorkloadKind.Wasm,
                Resources = new Resources(1000, 64L << 20, 16L << 20),
                Limits = new Limits { TimeSeconds = 120, OutputBytes = 1 << 20 },
                Verify = verify,
            },
            Program = new ProgramPlan
            {
                ModulePath = Program,
                Args = ["part", $"{paths}", "1", "{part}", "{parts}"],
            },
            BaseDirectory = network.Directory,
            Split = new SplitPlan(SplitBy.Count, Parts),
        }).ConfigureAwait(false);
        await network.User.SendAsync(prepared, request, Patience).ConfigureAwait(false);
        return prepared;
    }

    private static Task<TaskResponse> SeeAsync(BenchNetwork network, PreparedTask task, string what, Func<TaskResponse, bool> seen)
        => Eventually.SeeAsync($"{task.Task} {what}", Patience, async () =>
            await network.User.Hub.TaskAsync(task.Task).ConfigureAwait(false) is { IsOk: true } t && seen(t.Value) ? t.Value : null);
}
