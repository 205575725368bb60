using System.Diagnostics;
using Rxelon.Node.Executors.Plain;
using Rxelon.Node.Executors.Vm;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Vm;

[Collection(VmTests.Name)]
public sealed class VmRecoverySpecs(VmFixture vm)
{
    private const double Boot = 120;
    private const string Marker = "PLAINTEXT-MARKER-8c20fa";

    /// <summary>Looks while the program runs, then kills QEMU as an operator's mistake would.</summary>
    [Fact]
    public async Task A_killed_machine_is_the_nodes_fault_and_neither_it_nor_the_end_leaves_plaintext()
    {
        var program = VmFixture.Shell("cat; cat /in/a; echo $1 $SECRET > /out/result; echo $SECRET >&2; echo up; busybox sleep 600", Marker + "-arg");
        program.Env["SECRET"] = Marker + "-env";
        var prepared = await vm.Executor.PrepareAsync(vm.Spec(), CancellationToken.None);
        var sandbox = prepared.Value;
        using var output = new MemoryStream();
        var running = sandbox.RunAsync(program, new MemoryStream(Parts.Input(("stdin", Marker + "-stdin"), ("in/a", Marker + "-in"))), output, CancellationToken.None);
        var record = await vm.UntilRunningAsync();

        // A guest that boots works all the time; one whose program sleeps does nearly nothing.
        var (since, worked) = (Stopwatch.GetTimestamp(), long.MinValue);
        await Eventually.TrueAsync("the program sleeping", () =>
        {
            if (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(1))
                return Task.FromResult(false);
            var (now, did) = (sandbox.Stats().CpuMillis, worked);
            (since, worked) = (Stopwatch.GetTimestamp(), now);
            return Task.FromResult(now > 0 && now - did <= 60 && did > 0);
        }, Boot);
        Assert.False(running.IsCompleted);
        Assert.Empty(TestState.FilesWith(vm.State.Path, Marker));
        Assert.DoesNotContain(Marker, await File.ReadAllTextAsync($"/proc/{record.Pid}/cmdline"), StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, await File.ReadAllTextAsync($"/proc/{record.Pid}/environ"), StringComparison.Ordinal);

        using (var process = Process.GetProcessById(record.Pid))
            process.Kill();
        var ended = await running;
        await sandbox.DisposeAsync();

        Assert.Equal((FaultCodes.ExecutorFailed, Culprit.Node, true), (ended.Fault!.Code, ended.Fault.Culprit, ended.Fault.Retryable));
        Assert.Equal(Marker + "-env\n", ended.StderrTail);
        Assert.Empty(TestState.FilesWith(vm.State.Path, Marker));
        Assert.Empty(Directory.EnumerateFileSystemEntries(vm.Machines));
    }

    [Fact]
    public async Task Stopping_ends_the_machine()
    {
        using var cancel = new CancellationTokenSource();
        var running = vm.RunAsync(VmFixture.Shell("busybox sleep 600"), cancel: cancel.Token);
        var record = await vm.UntilRunningAsync();
        await cancel.CancelAsync();

        Assert.Equal(FaultCodes.Stopped, (await running).Code);
        Assert.False(record.IsAlive());
        Assert.Empty(Directory.EnumerateFileSystemEntries(vm.Machines));
    }

    /// <summary>As if the machine had outlived its node: nobody but its record knows of it.</summary>
    [Fact]
    public async Task A_leftover_machine_is_destroyed_by_what_its_record_says()
    {
        var running = vm.RunAsync(VmFixture.Shell("busybox sleep 600"));
        var record = await vm.UntilRunningAsync();
        var folder = Directory.CreateDirectory(Path.Combine(vm.State.Path, "successor")).FullName;
        await using var successor = new VmExecutor(vm.Settings with { Machines = folder }, vm.State.Space, TimeProvider.System);

        (record with { StartTicks = record.StartTicks + 1 }).Write(Path.Combine(folder, "1.json"));
        Assert.Equal(0, await successor.DestroyLeftoversAsync(CancellationToken.None));
        Directory.CreateDirectory(folder);
        (record with { Marker = "rxelon-other" }).Write(Path.Combine(folder, "1.json"));
        Assert.Equal(0, await successor.DestroyLeftoversAsync(CancellationToken.None));
        Assert.True(record.IsAlive());
        Directory.CreateDirectory(folder);
        record.Write(Path.Combine(folder, "1.json"));
        Assert.Equal(1, await successor.DestroyLeftoversAsync(CancellationToken.None));

        Assert.Equal(FaultCodes.ExecutorFailed, (await running).Code);
        Assert.False(record.IsAlive());
        Assert.False(Directory.Exists(folder));
    }

    /// <summary>The whole program, killed with -9 while its machine runs.</summary>
    [Fact]
    public async Task A_killed_node_takes_its_machine_along()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])
            [Path.Combine(AppContext.BaseDirectory, "rxelon-node.dll"), "try", "vm", vm.Image, "--vm-images", vm.Settings.Images, "--", "/bin/sh", "-c", "echo up; busybox sleep 600"])
            start.ArgumentList.Add(argument);
        var own = Directory.CreateDirectory(Path.Combine(vm.State.Path, "own")).FullName;
        start.Environment["TMPDIR"] = own;
        using var node = Process.Start(start)!;
        var machine = await Eventually.GetAsync("the node's machine", () => Task.FromResult(MachinesOf(node.Id).Select(p => new Machine(p)).FirstOrDefault()), Boot);
        node.Kill();
        await node.WaitForExitAsync();

        await Eventually.TrueAsync("the machine gone", () => Task.FromResult(!IsMachine(machine.Pid)));
        foreach (var mount in MountTable.Under(own))
            Posix.Unmount(mount);
    }

    private static IEnumerable<int> MachinesOf(int parent)
        => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, null))
            .Where(pid => ProcessUse.Fields(pid) is { } fields && fields[1] == $"{parent}" && IsMachine(pid));

    private static bool IsMachine(int pid)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/cmdline");
            return ProcessUse.Fields(pid) is not (null or ["Z", ..])
                && line.StartsWith("qemu", StringComparison.Ordinal) && line.Contains("name=rxelon.job", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private sealed record Machine(int Pid);
}
