using System.Diagnostics;
using Rxelon.Bench.Network;

namespace Rxelon.Bench.Rows;

/// <summary>
/// Whole lifecycles through processes of the product: a hub, a node with the real Wasm sandbox, and a client that encrypts, uploads,
/// submits, waits, fetches, decrypts and compares. Hub, node and client share this machine.
/// </summary>
internal sealed class WasmRow : IBenchRow
{
    private const double PartsPerSecond = 300;
    private const double MedianMillis = 40;
    private const double P99Millis = 200;
    private const int InFlight = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public string Name => "wasm";

    public string About => "whole lifecycles with the Wasm sandbox: parts per second, and latency of a single task";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var network = new BenchNetwork();
        await using (network.ConfigureAwait(false))
        {
            run.Say("starting a hub and a node");
            await network.StartAsync("--executors", "wasm", "--slots", "40").ConfigureAwait(false);
            var module = Path.Combine(network.Directory, "echo.wasm");
            await EchoModule.WriteAsync(module, cancel).ConfigureAwait(false);
            var hub = (await network.User.Hub.InfoAsync(cancel).ConfigureAwait(false)).Value;
            var tasks = new TaskRun(network.User, hub, network.Directory, module);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            late.CancelAfter(Patience);
            try
            {
                return await RunAsync(tasks, run, late.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{e.Message}\n{network.Output}", e);
            }
        }
    }

    private static async Task<RowResult> RunAsync(TaskRun tasks, BenchRun run, CancellationToken cancel)
    {
        var size = run.Quick ? 100 : 1000;
        var warm = run.Quick ? 5 : 20;
        run.Say($"{warm} tasks one by one, unmeasured");
        for (var i = 0; i < warm; i++)
            await tasks.RunAsync($"warm-{i}", 1, cancel).ConfigureAwait(false);

        var singles = run.Times(50, 10);
        run.Say($"{singles} tasks one by one");
        List<Stretches> lone = [];
        for (var i = 0; i < singles; i++)
            lone.Add(await tasks.RunAsync($"lone-{i}", 1, cancel).ConfigureAwait(false));

        // The runtime compiles the hub's paths anew for some ten thousand requests: that is not what a running network costs.
        var unmeasured = run.Quick ? 0 : 2 * size;
        run.Say($"{unmeasured} tasks of one part, unmeasured");
        await ManyAsync(tasks, "warm-many", unmeasured, cancel).ConfigureAwait(false);

        List<double> small = [], large = [];
        for (var round = 0; round < (run.Quick ? 1 : 3); round++)
        {
            run.Say($"{size} tasks of one part, {InFlight} in flight");
            small.Add(await ManyAsync(tasks, $"many-{round}", size, cancel).ConfigureAwait(false));
            run.Say($"one task of {size} parts");
            large.Add(await LargeAsync(tasks, $"large-{round}", size, cancel).ConfigureAwait(false));
        }

        return new RowResult(
            [
                new Figure($"{size} tasks of one part", "parts/s", small, Target.Least(PartsPerSecond)),
                new Figure($"one task of {size} parts", "parts/s", large, Target.Least(PartsPerSecond)),
                new Figure("lone task, upload to plaintext", "ms", Millis(lone, s => s.Latency), Target.Most(MedianMillis), Target.Most(P99Millis)),
                new Figure("  before: split, encrypt, quote, sign", "ms", Millis(lone, s => s.Prepare)),
                new Figure("  upload and submit", "ms", Millis(lone, s => s.Submit)),
                new Figure("  until completed", "ms", Millis(lone, s => s.Complete)),
                new Figure("  fetch and decrypt", "ms", Millis(lone, s => s.Fetch)),
            ],
            [$"Parts per second of whole lifecycles, encryption to compared plaintext; hub, node and client on this machine."]);
    }

    private static async Task<double> ManyAsync(TaskRun tasks, string name, int count, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var options = new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancel };
        await Parallel.ForAsync(0, count, options, async (i, ct) => await tasks.RunAsync($"{name}-{i}", 1, ct).ConfigureAwait(false))
            .ConfigureAwait(false);
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> LargeAsync(TaskRun tasks, string name, int count, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        await tasks.RunAsync(name, count, cancel).ConfigureAwait(false);
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static List<double> Millis(List<Stretches> runs, Func<Stretches, TimeSpan> pick) => [.. runs.Select(r => pick(r).TotalMilliseconds)];
}
