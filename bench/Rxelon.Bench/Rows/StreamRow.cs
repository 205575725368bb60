using System.Diagnostics;
using System.Security.Cryptography;
using Rxelon.Bench.Network;

namespace Rxelon.Bench.Rows;

/// <summary>
/// One large input from a file on the user's machine through encryption, hub and node into a Wasm program that reads all of it. Beside it a
/// plain copy of the same file over HTTP on loopback. Hub, node and client share this machine.
/// </summary>
internal sealed class StreamRow : IBenchRow
{
    private const double NodeMiB = 256;
    private const double Share = 0.5;
    private const double MiB = 1 << 20;
    private const long Warm = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public string Name => "stream";

    public string About => "a large input from file to program: memory of the node process, and speed over a plain loopback copy";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        var size = run.Quick ? 128L << 20 : 1L << 30;
        var network = new BenchNetwork();
        await using (network.ConfigureAwait(false))
        {
            run.Say("starting a hub and a node");
            await network.StartAsync("--executors", "wasm", "--slots", "1").ConfigureAwait(false);
            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            late.CancelAfter(Patience);
            try
            {
                return await RunAsync(network, size, run, late.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{e.Message}\n{network.Output}", e);
            }
        }
    }

    private static async Task<RowResult> RunAsync(BenchNetwork network, long size, BenchRun run, CancellationToken cancel)
    {
        run.Say($"writing {size >> 20} MiB");
        var file = Path.Combine(network.Directory, "input.bin");
        await WriteAsync(file, size, cancel).ConfigureAwait(false);
        var module = Path.Combine(network.Directory, "digest.wasm");
        await DigestModule.WriteAsync(module, cancel).ConfigureAwait(false);
        var expected = DigestModule.Of(file);
        var hub = (await network.User.Hub.InfoAsync(cancel).ConfigureAwait(false)).Value;
        var tasks = new TaskRun(network.User, hub, network.Directory, module);

        // The first task of a network meets code that is compiled while it runs; what is measured is the stream.
        run.Say("warming");
        var small = Path.Combine(network.Directory, "warm.bin");
        await WriteAsync(small, Warm, cancel).ConfigureAwait(false);
        _ = await LoopbackCopy.RunAsync(small, small + ".copy", cancel).ConfigureAwait(false);
        _ = await tasks.StreamAsync("stream-warm", small, Warm, cancel).ConfigureAwait(false);

        List<double> plain = [], whole = [], ratios = [], memory = [], sandbox = [], prepare = [], submit = [], complete = [], client = [], hubTime = [], node = [];
        for (var round = 0; round < run.Times(3, 1); round++)
        {
            run.Say("plain copy over loopback");
            plain.Add(size / MiB / (await LoopbackCopy.RunAsync(file, file + ".copy", cancel).ConfigureAwait(false)).TotalSeconds);
            run.Say("the same file as a task");
            var before = ProcessorTime(network);
            using var watch = new MemoryWatch(network.NodeId, network.NodeState);
            var (stretches, output) = await tasks.StreamAsync($"stream-{round}", file, size, cancel).ConfigureAwait(false);
            watch.Stop();
            var after = ProcessorTime(network);
            if (!output.AsSpan().SequenceEqual(expected))
                throw new InvalidDataException("The program saw other bytes than the file holds.");
            whole.Add(size / MiB / (stretches.Prepare + stretches.Latency).TotalSeconds);
            ratios.Add(whole[^1] / plain[^1]);
            memory.Add(watch.PeakMiB);
            sandbox.Add(watch.PeakPlainMiB);
            prepare.Add(stretches.Prepare.TotalSeconds);
            submit.Add(stretches.Submit.TotalSeconds);
            complete.Add(stretches.Complete.TotalSeconds);
            client.Add(after.Client - before.Client);
            hubTime.Add(after.Hub - before.Hub);
            node.Add(after.Node - before.Node);
        }

        return new RowResult(
            [
                new Figure($"{size >> 20} MiB, plain copy over loopback HTTP", "MiB/s", plain),
                new Figure("the same from file to the program's answer", "MiB/s", whole),
                new Figure("  over the plain copy", "ratio", ratios, Target.Least(Share)),
                new Figure("  of it: read, encrypt, name", "s", prepare),
                new Figure("  read, encrypt, upload to the hub, durable", "s", submit),
                new Figure("  node: fetch, check, decrypt, run, report", "s", complete),
                new Figure("  processor time: client", "s", client),
                new Figure("    hub", "s", hubTime),
                new Figure("    node", "s", node),
                new Figure("node process, most resident", "MiB", memory, Target.Most(NodeMiB)),
                new Figure("its sandbox's input in tmpfs, most", "MiB", sandbox),
            ],
            ["Every stretch ends before the next begins. The plain copy need not be durable; the hub's is before it says so."]);
    }

    private static (double Client, double Hub, double Node) ProcessorTime(BenchNetwork network)
    {
        return (Environment.CpuUsage.TotalTime.TotalSeconds, Of(network.HubId), Of(network.NodeId));

        static double Of(int id)
        {
            using var process = Process.GetProcessById(id);
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    private static async Task WriteAsync(string file, long size, CancellationToken cancel)
    {
        var into = File.Create(file);
        await using (into.ConfigureAwait(false))
        {
            var block = new byte[1 << 20];
            for (long written = 0; written < size; written += block.Length)
            {
                RandomNumberGenerator.Fill(block);
                await into.WriteAsync(block, cancel).ConfigureAwait(false);
            }

            // What the disk still owes is not to meet what is measured.
            into.Flush(flushToDisk: true);
        }
    }

    /// <summary>Looks at a process's resident memory and at its plaintext files until it is stopped.</summary>
    private sealed class MemoryWatch : IDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _watching;

        internal MemoryWatch(int process, string state) => _watching = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(Interval);
            using var node = Process.GetProcessById(process);
            var plain = Path.Combine(state, "run");
            try
            {
                while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
                {
                    node.Refresh();
                    PeakMiB = Math.Max(PeakMiB, node.WorkingSet64 / MiB);
                    if (Directory.Exists(plain))
                        PeakPlainMiB = Math.Max(PeakPlainMiB, UsedMiB(plain));
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The round is over.
            }
        });

        internal double PeakMiB { get; private set; }

        internal double PeakPlainMiB { get; private set; }

        internal void Stop()
        {
            _stop.Cancel();
            _watching.GetAwaiter().GetResult();
        }

        public void Dispose() => _stop.Dispose();

        private static double UsedMiB(string mount)
        {
            var drive = new DriveInfo(mount);
            return (drive.TotalSize - drive.TotalFreeSpace) / MiB;
        }
    }
}
