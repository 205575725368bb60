using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Parts that are moved in the middle by real processes and go on where they were.</summary>
public sealed class CheckpointSpecs(RunningNetwork net) : IClassFixture<RunningNetwork>
{
    // Counts; asked to end it saves how far it came. Begun from there it counts a little further and says where it began.
    private const string Counter = """
        n=0; busybox test -f /in/.checkpoint && n=$(busybox cat /in/.checkpoint); s=$n
        trap 'echo $n > /out/.checkpoint.new; busybox mv /out/.checkpoint.new /out/.checkpoint; exit 0' TERM
        echo yes > /out/listens
        while busybox test $s -eq 0 -o $n -lt $((s+3)); do n=$((n+1)); busybox sleep 0.1; done
        echo "began from $s"
        """;

    [Fact]
    public async Task A_drained_nodes_part_is_continued_on_the_next_node()
    {
        var module = Wat.Module(net.Network.Directory, "stateful", Wat.Stateful, Wat.StatefulData);
        var task = await DetachAsync("run", "wasm", module, "--time", "120s");
        var first = await RunningAsync(task);
        var node = first.Parts[0].Node!.Value;

        var moved = await DrainAsync(task, node);

        Assert.Equal("handed-over", moved.Parts[0].LastFault!.Code);
        var ended = await net.SeeTaskAsync(task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal(("Completed", 2), (ended.Summary.Phase, ended.Parts[0].Attempt));
        Assert.NotEqual(node, ended.Parts[0].Node);
        Assert.Equal("began from 7", await OutputAsync(task));
        await RestartAsync(node);
    }

    [Fact]
    public async Task A_sealed_tasks_part_goes_on_elsewhere_with_keys_of_another_client_than_the_one_that_was_killed_and_the_hub_has_none()
    {
        await net.NodesOnlineAsync(2);
        var module = Wat.Module(net.Network.Directory, "sealed", Wat.Stateful, Wat.StatefulData);
        var task = await DetachAsync("run", "wasm", module, "--time", "120s", "--custody", "sealed", "--rotate");
        var holder = net.Network.StartCli(RunningNetwork.User, "task", "keys", task.ToString());
        var node = (await RunningAsync(task)).Parts[0].Node!.Value;
        await holder.KillAsync();
        await DrainAsync(task, node);
        await Eventually.TrueAsync("waiting for its owner", RunningNetwork.Patience, async () => (await net.Hub.WhyAsync(task)).Value.Code == "owner-keys");

        var keys = await net.CliAsync(RunningNetwork.User, "task", "keys", task.ToString());

        Assert.True(keys.Code == 0, keys.ToString());
        var ended = (await net.Hub.TaskAsync(task)).Value;
        Assert.Equal(("Completed", 2), (ended.Summary.Phase, ended.Parts[0].Attempt));
        Assert.NotEqual(node, ended.Parts[0].Node);
        Assert.Equal("began from 7", await OutputAsync(task));
        TaskNeedles.Of(ended, net.Keys, parts: 1, attempts: 2).AssertHubHasNone(net.Network);
        await RestartAsync(node);
    }

    [Fact]
    public async Task The_part_of_a_node_that_is_told_to_end_is_continued_on_the_next_node()
    {
        using var engine = Engine.Connect();
        var image = await Engine.ImportAsync(engine);
        await net.NodesOnlineAsync(2);
        var task = await DetachAsync("run", "docker", image, "--cpu", "0.2", "--memory", "32MiB", "--time", "120s", "--", "/bin/busybox", "sh", "-c", Counter);
        var first = await RunningAsync(task);
        var node = first.Parts[0].Node!.Value;
        await Eventually.TrueAsync("a program that listens", RunningNetwork.Patience, () => Task.FromResult(
            Directory.EnumerateFiles(net.Network.Directory, "listens", SearchOption.AllDirectories).Any()));

        await RestartAsync(node);

        var ended = await net.SeeTaskAsync(task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal("Completed", ended.Summary.Phase);
        Assert.Equal("handed-over", ended.Parts[0].LastFault!.Code);
        Assert.Matches("^began from [1-9][0-9]*\\s*$", await OutputAsync(task));
        await Eventually.TrueAsync("no sandbox left", RunningNetwork.Patience, async () => (await Engine.SandboxesAsync(engine, net)).Count == 0);
    }

    /// <summary>Until the part has moved, which it does once its program has left something.</summary>
    private Task<TaskResponse> DrainAsync(TaskId task, NodeId node) => Eventually.SeeAsync("the part moved", RunningNetwork.Patience, async () =>
    {
        await net.Network.PbmAsync("nodes", "drain", "-node", node.ToString(), "-reason", "new-disks");
        return (await net.Hub.TaskAsync(task)) is { IsOk: true } t && t.Value.Parts[0].Attempt > 1 ? t.Value : null;
    });

    private async Task<TaskId> DetachAsync(params string[] arguments)
    {
        var split = Array.IndexOf(arguments, "--") is var at && at >= 0 ? at : arguments.Length;
        var run = await net.CliAsync(RunningNetwork.User, [.. arguments[..split], "--detach", "--quiet", .. arguments[split..]]);
        Assert.True(run.Code == 0, run.ToString());
        return TaskId.Parse(run.Out.Trim());
    }

    private Task<TaskResponse> RunningAsync(TaskId task) => net.SeeTaskAsync(task, "running", t => t.Parts[0].Phase == "KeyReleased");

    private async Task<string> OutputAsync(TaskId task)
    {
        var folder = Path.Combine(net.Network.Directory, $"out-{task}");
        var fetched = await net.CliAsync(RunningNetwork.User, "task", "result", task.ToString(), "--out", folder);
        Assert.True(fetched.Code == 0, fetched.ToString());
        Assert.Empty(Directory.EnumerateFiles(folder, ".checkpoint*", SearchOption.AllDirectories));
        return await File.ReadAllTextAsync(Path.Combine(folder, "stdout"));
    }

    /// <summary>Ends the node as its service would, and starts it again.</summary>
    private async Task RestartAsync(NodeId node)
    {
        var name = (await net.Hub.NodesAsync()).Value.Single(n => n.Node == node).Name;
        var index = net.Nodes.FindIndex(n => Path.GetFileName(n.State) == name);
        await net.Nodes[index].Process.StopAsync(TimeSpan.FromSeconds(20));
        net.Nodes[index] = (net.Nodes[index].State, net.RunNode(net.Nodes[index].State));
        await net.NodesOnlineAsync(2);
    }
}
