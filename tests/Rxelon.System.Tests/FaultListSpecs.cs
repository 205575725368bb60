using System.Diagnostics;
using System.Security.Cryptography;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>
/// What goes wrong around a task: each ends in a named state with a reason, and leaves nothing. Afterwards everything is looked
/// through. Faults with a class of their own are listed in <c>docs/design/failure-modes.md</c>.
/// </summary>
public sealed class FaultListSpecs(FaultyNetwork net) : IClassFixture<FaultyNetwork>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    public Task InitializeAsync() => net.NodesOnlineAsync(2);

    public async Task DisposeAsync()
    {
        net.AssertUp();
        IReadOnlyList<string> left = [];
        try
        {
            await Eventually.TrueAsync("nothing left", RunningNetwork.Patience, async () => (left = await Leftovers.ListAsync(net, net.Client)).Count == 0);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Left behind:\n{string.Join('\n', left)}");
        }
    }

    [Fact]
    public async Task An_empty_input_gives_the_empty_result()
    {
        var (copy, input, output) = Prepare("empty", 0);

        await net.TaskAsync("run", "wasm", copy, "--input", input, "--split", "bytes:1MiB", "--out", output);

        Assert.Equal(0, new FileInfo(Path.Combine(output, "stdout")).Length);
    }

    [Fact]
    public async Task A_result_ten_times_its_limit_ends_with_that_limit()
    {
        var (copy, input, output) = Prepare("ten-times", 1 << 20);

        var run = await net.CliAsync(RunningNetwork.User, "run", "wasm", copy, "--input", input, "--split", "bytes:10MiB", "--output-limit", "100KiB", "--retries", "0", "--out", output);

        Assert.True(run.Code == 1, run.ToString());
        Assert.Contains(FaultCodes.OutputLimit, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_larger_than_the_disk_that_was_asked_for_is_too_large()
    {
        var (copy, input, output) = Prepare("too-large", 3 << 20);

        var run = await net.CliAsync(RunningNetwork.User, "run", "wasm", copy, "--input", input, "--disk", "1MiB", "--retries", "0", "--out", output);

        Assert.True(run.Code == 1, run.ToString());
        Assert.Contains(FaultCodes.TooLarge, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_no_disk_can_hold_waits_with_that_reason_until_its_deadline()
    {
        var (copy, input, _) = Prepare("vast", 10);
        var task = await SubmitAsync("run", "wasm", copy, "--input", input, "--disk", "100TiB", "--deadline", "20s");

        await Eventually.SeeAsync("why it waits", Patience, async () => (await net.Hub.WhyAsync(task)).Value is { } w && w.Sentence.Contains("nodes lack 102400 GiB of disk", StringComparison.Ordinal) ? w : null);

        var ended = await EndedAsync(task);
        Assert.Equal(("Expired", Tokens.Zero), (ended.Summary.Phase, ended.Summary.Cost));
    }

    [Fact]
    public async Task Parts_that_do_not_fit_on_a_nodes_full_disk_are_worked_on_by_another()
    {
        const int parts = 4;
        var (copy, input, output) = Prepare("small-disk", parts * FaultyNetwork.SmallDiskMegabytes << 20);
        var task = await SubmitAsync(
            "run", "wasm", copy, "--input", input, "--split", $"bytes:{FaultyNetwork.SmallDiskMegabytes}MiB", "--disk", "64MiB", "--output-limit", "64MiB", "--memory", "32MiB",
            "--cpu", $"{Environment.ProcessorCount}"); // so that a node takes one at a time, and both get one

        var ended = await EndedAsync(task);

        Assert.True(ended.Summary.Phase == "Completed", $"{ended.Summary}");
        Assert.Contains(ended.Parts, p => p.Attempt > 1);
        await net.TaskAsync("task", "result", task.ToString(), "--out", output);
        Assert.Equal(await File.ReadAllBytesAsync(input), await File.ReadAllBytesAsync(Path.Combine(output, "stdout")));
    }

    [Fact]
    public async Task A_container_engine_that_restarts_costs_attempts_and_no_part()
    {
        var image = await BusyboxImage.ImportAsync(net.Client, "rxelon-faults");
        var task = await SubmitAsync(
            "run", "docker", image, "--split", "count:2", "--cpu", "0.2", "--memory", "32MiB", "--time", "60s", "--", "/bin/busybox", "sh", "-c", "busybox sleep 6; echo done {part}");
        await Eventually.TrueAsync("both containers run", Patience, async () =>
            (await net.Client.Containers.ListContainersAsync(new Docker.DotNet.Models.ContainersListParameters())).Count == 2);

        await net.Engine.StopAsync();
        await net.Engine.StartAgainAsync();

        var ended = await EndedAsync(task);
        Assert.True(ended.Summary.Phase == "Completed", $"{ended.Summary}");
        Assert.All(ended.Parts, p => Assert.True(p.Attempt > 1, "A container cannot have outlived its engine."));
    }

    [Fact]
    public async Task A_virtual_machine_that_is_killed_costs_an_attempt_and_no_part()
    {
        var manifest = await File.ReadAllBytesAsync(Path.Combine(VmImageFolder.Required, "manifest.json"));
        var task = await SubmitAsync(
            "run", "vm", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(manifest))}", "--memory", "32MiB", "--disk", "8MiB", "--", "/primes.sh", "0", "1", "2000");
        var machines = await Eventually.SeeAsync("its machine", Patience, () => Task.FromResult(Leftovers.Machines(net) is { Count: 1 } one ? one : null));

        using (var qemu = Process.GetProcessById(machines[0]))
            qemu.Kill();

        var ended = await EndedAsync(task);
        Assert.True(ended.Summary.Phase == "Completed", $"{ended.Summary}");
        Assert.True(ended.Parts[0].Attempt > 1, "A machine that was killed cannot have given a result.");
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_and_back_changes_no_balance_but_by_the_price()
    {
        var (copy, input, output) = Prepare("jumping", 4_000);
        var before = await net.BalancesAtRestAsync();
        var ended = new List<TaskResponse>();
        foreach (var jump in (TimeSpan[])[TimeSpan.FromMinutes(5), TimeSpan.FromHours(3), TimeSpan.FromHours(-3), TimeSpan.Zero])
        {
            var task = await SubmitAsync("run", "wasm", copy, "--input", input, "--split", "bytes:1KB", "--memory", "16MiB", "--time", "30s");
            net.TurnClock(jump);
            ended.Add(await EndedAsync(task));
        }

        Assert.All(ended, t => Assert.True(t.Summary.Phase == "Completed" || t.Summary.Reason is not null, $"{t.Summary}"));
        Assert.Equal("Completed", ended[^1].Summary.Phase);
        var after = await net.BalancesAtRestAsync();
        var paid = new Tokens(ended.Sum(t => t.Summary.Cost.Micros));
        Assert.Equal((before.User - paid, before.User + before.Operator + before.Treasury), (after.User, after.User + after.Operator + after.Treasury));
    }

    [Fact]
    public async Task Ten_thousand_parts_are_ten_thousand_results()
    {
        var (copy, input, output) = Prepare("many", 0);
        await File.WriteAllLinesAsync(input, Enumerable.Range(0, 10_000).Select(i => $"{i}"));

        var task = await SubmitAsync("run", "wasm", copy, "--input", input, "--split", "lines:1", "--cpu", "0.05", "--memory", "8MiB", "--disk", "1MiB");
        var ended = await EndedAsync(task, TimeSpan.FromMinutes(6));
        Assert.Equal(("Completed", 10_000), (ended.Summary.Phase, ended.Summary.PartsAccepted));
        await net.TaskAsync("task", "result", task.ToString(), "--out", output);
        Assert.Equal(await File.ReadAllBytesAsync(input), await File.ReadAllBytesAsync(Path.Combine(output, "stdout")));
    }

    private async Task<TaskId> SubmitAsync(params string[] arguments)
    {
        var dashes = Array.IndexOf(arguments, "--") is >= 0 and var at ? at : arguments.Length;
        var run = await net.CliAsync(RunningNetwork.User, [.. arguments[..dashes], "--detach", "--quiet", .. arguments[dashes..]]);
        Assert.True(run.Code == 0, run.ToString());
        return TaskId.Parse(run.Out.Trim());
    }

    /// <summary>Asks for the summary only while it runs: of ten thousand parts the whole is megabytes.</summary>
    private async Task<TaskResponse> EndedAsync(TaskId task, TimeSpan? patience = null)
    {
        await Eventually.TrueAsync($"the end of {task}", patience ?? Patience, async () => (await net.Hub.TasksAsync()).Value.Tasks.Any(t => t.Task == task && t.EndedAt is not null));
        return (await net.Hub.TaskAsync(task)).Value;
    }

    private (string Copy, string Input, string Output) Prepare(string name, int size)
    {
        var folder = Directory.CreateDirectory(Path.Combine(net.Network.Directory, name)).FullName;
        var input = Path.Combine(folder, "input");
        File.WriteAllBytes(input, RandomNumberGenerator.GetBytes(size));
        return (Wat.Module(folder, "copy", Wat.Copy), input, Path.Combine(folder, "out"));
    }
}
