using System.Security.Cryptography;
using Rxelon.Drills;
using Rxelon.Shared.Ids;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Nodes that may be killed.</summary>
public sealed class LogNetwork : RunningNetwork
{
    protected override IReadOnlyList<string> NodeArguments => ["--executors", "wasm", "--slots", "2", "--allow-swap"];
}

/// <summary>What programs say, while they run and when their node is gone.</summary>
public sealed class LogSpecs(LogNetwork net) : IClassFixture<LogNetwork>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _marker = "MARK" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    [Fact]
    public async Task What_a_program_said_before_its_node_was_killed_is_read_by_its_owner_and_by_nobody_else()
    {
        await net.NodesOnlineAsync(2);
        var module = Wat.Module(net.Network.Directory, "say", Wat.SayArguments + Wat.ForEver, Wat.FortyPercent);
        var run = await net.CliAsync(RunningNetwork.User, "run", "wasm", module, "--detach", "--quiet", "--time", "300s", "--", $"said-{_marker}");
        Assert.True(run.Code == 0, run.ToString());
        var task = TaskId.Parse(run.Out.Trim());
        var following = net.CliAsync(RunningNetwork.User, "task", "logs", task.ToString(), "--follow");
        var running = await net.SeeTaskAsync(task, "40 % done", t => t.Progress?.Percent == 40 && t.Parts[0].Permille == 400);
        Assert.NotNull(running.Progress!.EtaSeconds);
        await Eventually.TrueAsync("its log on the hub", Patience, async () => (await net.Hub.TaskLogsAsync(task, null, 0)).Value.Attempts.Count == 1);

        var name = (await net.Hub.NodesAsync()).Value.Single(n => n.Node == running.Parts[0].Node).Name;
        var index = net.Nodes.FindIndex(n => Path.GetFileName(n.State) == name);
        await net.Nodes[index].Process.KillAsync();
        await net.SeeTaskAsync(task, "without its node", t => t.Parts[0].LastFault?.Code == "node-lost");

        var log = await net.CliAsync(RunningNetwork.User, "task", "logs", task.ToString(), "--part", "0", "--attempt", "1");
        Assert.Contains($"said-{_marker}", log.Out, StringComparison.Ordinal);
        Assert.Contains("rxelon:progress 40%", log.Out, StringComparison.Ordinal);
        var shown = await net.CliAsync(RunningNetwork.User, "task", "show", task.ToString());
        Assert.Contains("last log of part 0", shown.Out, StringComparison.Ordinal);
        Assert.Contains($"said-{_marker}", shown.Out, StringComparison.Ordinal);

        // Elsewhere it says the same again; the hub forgets none of it when it is killed, too.
        await Eventually.TrueAsync("the second attempt's log", Patience, async () => (await net.Hub.TaskLogsAsync(task, null, 0)).Value.Attempts.Count == 2);
        await net.Network.Hub.KillAsync();
        await net.RestartHubAsync();
        Assert.Equal(log.Out, (await net.CliAsync(RunningNetwork.User, "task", "logs", task.ToString(), "--part", "0", "--attempt", "1")).Out);

        await net.Hub.CancelAsync(task);
        var followed = await following;
        Assert.True(followed.Code == 0, followed.ToString());
        Assert.Contains($"said-{_marker}", followed.Out, StringComparison.Ordinal);
        Assert.Contains("[0/2] ", followed.Out, StringComparison.Ordinal);

        foreach (var place in (string[])[net.Network.HubData, .. net.Nodes.Select(n => n.State)])
            Assert.Empty(await Places.ContainingAsync(place, _marker));
        foreach (var process in (RxProcess[])[net.Network.Hub, .. net.Nodes.Select(n => n.Process)])
            Assert.DoesNotContain(_marker, process.Output, StringComparison.Ordinal);

        net.Nodes[index] = (net.Nodes[index].State, net.RunNode(net.Nodes[index].State));
        await net.NodesOnlineAsync(2);
    }

    [Fact]
    public async Task A_program_that_fails_is_told_with_its_last_lines()
    {
        await net.NodesOnlineAsync(2);
        var module = Wat.Module(net.Network.Directory, "trap", Wat.SayArguments + Wat.Trap, Wat.FortyPercent);
        var run = await net.CliAsync(RunningNetwork.User, "run", "wasm", module, "--retries", "0", "--", $"why-{_marker}");

        Assert.Equal(1, run.Code);
        Assert.Contains("last log of part 0, attempt 1:", run.Error, StringComparison.Ordinal);
        Assert.Contains($"why-{_marker}", run.Error, StringComparison.Ordinal);
        Assert.Empty(await Places.ContainingAsync(net.Network.HubData, _marker));
    }
}
