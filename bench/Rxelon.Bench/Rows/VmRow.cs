using System.Diagnostics;
using System.Net.Sockets;
using Rxelon.Bench.Solo;
using Rxelon.Node.Executors.Vm;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Bench.Rows;

/// <summary>
/// A machine's attempt, from its assignment to its signed report, over the time in which the same image on the same hardware,
/// started straight through QEMU, says that it is up. Both in turn.
/// </summary>
internal sealed class VmRow : IBenchRow
{
    private const string ImageVariable = "RXELON_TEST_VM";
    private const string Qemu = "qemu-system-x86_64";
    private const long OutputBytes = 1 << 20;
    private const double Promise = 1.15;
    private static readonly Resources Room = new(1000, 64 << 20, 16 << 20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "vm";

    public string About => "attempt time in a virtual machine over booting the bare image straight through QEMU";

    public async Task<RowResult> RunAsync(BenchRun run, CancellationToken cancel)
    {
        if (!OperatingSystem.IsLinux())
            return RowResult.DidNotRun("Virtual machines need Linux.");
        if (Environment.GetEnvironmentVariable(ImageVariable) is not { Length: > 0 } folder)
            return RowResult.DidNotRun($"{ImageVariable} names no image; ./rx bench builds one.");
        var images = Directory.CreateTempSubdirectory("rxelon-bench-images-");
        try
        {
            var added = await new VmImages(images.FullName).AddAsync(folder, cancel).ConfigureAwait(false);
            if (added.Fault is { } wrong)
                return RowResult.DidNotRun(wrong.Message);
            var started = await SoloNode.StartAsync(
                (_, space, state) => OperatingSystem.IsLinux()
                    ? new VmExecutor(new VmSettings(Qemu, images.FullName, Path.Combine(state, "vm")), space, TimeProvider.System)
                    : throw new PlatformNotSupportedException(),
                cancel).ConfigureAwait(false);
            if (started.Fault is { } fault)
                return RowResult.DidNotRun(fault.Message);
            var node = started.Value;
            await using (node.ConfigureAwait(false))
                return await RunAsync(node, added.Value, run, cancel).ConfigureAwait(false);
        }
        finally
        {
            images.Delete(recursive: true);
        }
    }

    private static async Task<RowResult> RunAsync(SoloNode node, string name, BenchRun run, CancellationToken cancel)
    {
        var executor = (VmExecutor)node.Executor;
        var image = (await executor.Images.FindAsync(name, cancel).ConfigureAwait(false)).Value;
        var program = new ProgramBundle { Version = 1 };
        program.Command.AddRange(["/bin/busybox", "cat"]);
        byte[] stdin = [.. Enumerable.Repeat((byte)'x', 1024)];
        var task = new SoloTask(program, name, Room, OutputBytes, stdin, WorkloadKind.Vm);
        var runs = run.Times(15, 3);
        run.Say($"{runs} runs");
        List<double> attempts = [], straight = [], ratios = [];
        for (var i = -1; i < runs; i++)
        {
            var bare = await StraightAsync(executor.Acceleration, image, cancel).ConfigureAwait(false);
            var attempt = await node.AttemptAsync(task, i + 2, cancel).ConfigureAwait(false);
            if (i < 0)
                continue;
            straight.Add(bare.TotalMilliseconds);
            attempts.Add(attempt.TotalMilliseconds);
            ratios.Add(attempt / bare);
        }

        return new RowResult(
            [
                new Figure("bare image, start of QEMU to the guest's first word", "ms", straight),
                new Figure("attempt, assignment to signed report", "ms", attempts),
                new Figure("attempt / bare", "ratio", ratios, Target.Most(Promise)),
            ],
            [$"QEMU with {executor.Acceleration.ToString().ToLowerInvariant()}; the program copies 1 KiB from stdin to stdout"]);
    }

    /// <summary>The same arguments, without the node's shell, rights and folders.</summary>
    private static async Task<TimeSpan> StraightAsync(Acceleration acceleration, VmImage image, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("rxelon-bench-vm-");
        var memory = QemuArguments.MemoryMebi(Room, OutputBytes, image.Manifest.Initrd.Size);
        List<string> arguments =
            [.. QemuArguments.Machine(acceleration, Room.CpuMillis, memory), .. QemuArguments.Boot(image.Manifest), .. QemuArguments.Control("bare")];
        var info = new ProcessStartInfo(Qemu);
        foreach (var argument in arguments.Where(a => a != "-S"))
        {
            info.ArgumentList.Add(argument
                .Replace(QemuArguments.Folder, folder.FullName, StringComparison.Ordinal)
                .Replace(QemuArguments.Kernel, Path.Combine(image.Directory, "kernel"), StringComparison.Ordinal)
                .Replace(QemuArguments.Initrd, Path.Combine(image.Directory, "initrd"), StringComparison.Ordinal)
                .Replace(QemuArguments.Root, Path.Combine(image.Directory, "root"), StringComparison.Ordinal));
        }

        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(info)!;
        try
        {
            using var socket = await ConnectAsync(Path.Combine(folder.FullName, "result"), process, cancel).ConfigureAwait(false);
            var word = new byte[1];
            return await socket.ReceiveAsync(word, cancel).AsTask().WaitAsync(Patience, cancel).ConfigureAwait(false) == 1
                ? Stopwatch.GetElapsedTime(start)
                : throw new InvalidOperationException("The bare image ended before it was up.");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Socket> ConnectAsync(string path, Process process, CancellationToken cancel)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!process.HasExited && await tick.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        throw new InvalidOperationException("QEMU ended at once.");
    }
}
