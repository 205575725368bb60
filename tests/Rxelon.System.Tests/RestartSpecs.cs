using System.Diagnostics;
using Rxelon.Client.Specs;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>A network that also runs mock tasks, which wait as long as they are told.</summary>
public sealed class MortalNetwork : RunningNetwork
{
    protected override string[] HubArguments => ["--allow-mock"];

    protected override IReadOnlyList<string> NodeArguments
        => BusyboxImage.Engine is { } engine
            ? ["--mock", "--executors", "docker", "--docker", engine, "--slots", "2", "--allow-swap"]
            : ["--mock", "--executors", "wasm", "--slots", "2", "--allow-swap"];
}

/// <summary>Killed processes, and what their successors make of it.</summary>
public sealed class RestartSpecs(MortalNetwork net) : IClassFixture<MortalNetwork>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    // Ten seconds from the silence to the new place (docs/design/failure-modes.md), after a beat that a busy node sends every two.
    private static readonly TimeSpan Replaced = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Queued_tasks_run_after_a_killed_hub_is_back()
    {
        var tasks = new List<TaskId>();
        for (var i = 0; i < 3; i++)
            tasks.Add(await SubmitMockAsync($"queued-{i}", 4, "--delay-ms", "700"));

        await net.Network.Hub.KillAsync();
        await net.RestartHubAsync();

        foreach (var task in tasks)
        {
            var ended = await SeeAsync(task, "ended", t => t.Summary.EndedAt is not null);
            Assert.Equal(("Completed", 4), (ended.Summary.Phase, ended.Summary.PartsAccepted));
        }
    }

    [Fact]
    public async Task Rounds_go_on_after_hub_and_node_were_killed_between_them()
    {
        await net.NodesOnlineAsync(2);
        var task = await SubmitReduceAsync("rounds", 2, new RoundsSpec { Of = ["main", "reduce"], Max = 4 }, "--delay-ms", "400");

        await SeeAsync(task, "in round 2", t => t.Parts.Any(p => p.Round == 2));
        await net.Network.Hub.KillAsync();
        await net.RestartHubAsync();
        var running = await SeeAsync(task, "in round 3", t => t.Parts.Any(p => p is { Round: 3, Node: not null }));
        var victim = running.Parts.Last(p => p.Node is not null);
        var name = (await net.Hub.NodesAsync()).Value.Single(n => n.Node == victim.Node).Name;
        var index = net.Nodes.FindIndex(n => Path.GetFileName(n.State) == name);
        await net.Nodes[index].Process.KillAsync();
        net.Nodes[index] = (net.Nodes[index].State, net.RunNode(net.Nodes[index].State));

        var ended = await SeeAsync(task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal(("Completed", 12), (ended.Summary.Phase, ended.Summary.PartsAccepted));
        Assert.Equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], ended.Parts.Select(p => p.Round));
        // Each round's result comes from the one before: no two are alike.
        Assert.Equal(4, ended.Parts.Where(p => p.Stage == "reduce").Select(p => p.Result!.Value.Id).Distinct().Count());
        await net.BalancesAtRestAsync();
        await net.NodesOnlineAsync(2);
    }

    [Fact]
    public async Task A_reduce_part_gets_more_than_a_thousand_results()
    {
        await net.NodesOnlineAsync(2);
        var task = await SubmitReduceAsync("wide", 1_100, null);
        var ended = await SeeAsync(task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal(("Completed", 1_101), (ended.Summary.Phase, ended.Summary.PartsAccepted));
        Assert.Equal(("reduce", 0), (ended.Parts[^1].Stage, ended.Parts[^1].Missing));
    }

    [Fact]
    public async Task Parts_of_a_killed_node_are_placed_again_within_ten_seconds_of_its_silence()
    {
        await net.NodesOnlineAsync(2);
        var task = await SubmitMockAsync("orphans", 4, "--delay-ms", "20000");
        var running = await SeeAsync(task, "running everywhere", t => t.Parts.All(p => p.Phase == "KeyReleased"));
        var victim = await VictimAsync(running);
        var orphans = running.Parts.Where(p => p.Node == victim.Id).Select(p => p.Part).ToHashSet();
        var index = net.Nodes.FindIndex(n => n.State == victim.State);

        await net.Nodes[index].Process.KillAsync();
        var watch = Stopwatch.StartNew();
        // The other node is full: the orphans are waiting as soon as they are known as such.
        await SeeAsync(task, "noticing", t => t.Parts.Where(p => orphans.Contains(p.Part)).All(p => p.LastFault?.Code == "node-lost" || p.Node != victim.Id));
        watch.Stop();
        net.Nodes[index] = (victim.State, net.RunNode(victim.State));
        await net.Hub.CancelAsync(task);

        Assert.NotEmpty(orphans);
        Assert.True(watch.Elapsed < Replaced, $"It took {watch.Elapsed.TotalSeconds:0.0} s.");
        await net.NodesOnlineAsync(2);
    }

    [Fact]
    public async Task A_killed_node_leaves_no_sandbox_once_it_is_back_and_its_part_is_done_elsewhere()
    {
        using var engine = Engine.Connect();
        var image = await Engine.ImportAsync(engine);
        await net.NodesOnlineAsync(2);
        var run = await net.CliAsync(
            RunningNetwork.User, "run", "docker", image, "--detach", "--quiet", "--cpu", "0.2", "--memory", "32MiB", "--time", "60s", "--",
            "/bin/busybox", "sh", "-c", "busybox sleep 12; echo done");
        Assert.True(run.Code == 0, run.ToString());
        var task = TaskId.Parse(run.Out.Trim());
        var running = await SeeAsync(task, "running", t => t.Parts[0].Phase == "KeyReleased");
        var left = await Eventually.SeeAsync("its container", Patience, async () => (await Engine.SandboxesAsync(engine, net)) is [var only] ? only : null);
        await SeeAsync(task, "telling what it uses", t => t.Parts[0].Usage is { WallMillis: > 0, Memory: > 0 });
        var victim = await VictimAsync(running);
        var index = net.Nodes.FindIndex(n => n.State == victim.State);

        await net.Nodes[index].Process.KillAsync();
        net.Nodes[index] = (victim.State, net.RunNode(victim.State));

        await Eventually.TrueAsync("the leftover gone", Patience, async () => !(await Engine.SandboxesAsync(engine, net)).Contains(left));
        var ended = await SeeAsync(task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal("Completed", ended.Summary.Phase);
        Assert.True(ended.Parts[0].Attempt > running.Parts[0].Attempt, "The lost attempt cannot have succeeded.");
        await Eventually.TrueAsync("no sandbox left", Patience, async () => (await Engine.SandboxesAsync(engine, net)).Count == 0);
    }

    private async Task<TaskId> SubmitMockAsync(string name, int parts, params string[] args)
    {
        var user = TestUser.Of(net.Hub, net.Keys, Path.Combine(net.Network.Directory, "mock"));
        var (prepared, request) = await user.PrepareAsync(TestUser.MockPlan(name, parts, args));
        await user.SendAsync(prepared, request, Patience);
        return prepared.Task;
    }

    private async Task<TaskId> SubmitReduceAsync(string name, int parts, RoundsSpec? rounds, params string[] args)
    {
        var user = TestUser.Of(net.Hub, net.Keys, Path.Combine(net.Network.Directory, "mock"));
        var plan = TestUser.MockPlan(name, parts, args);
        StageSpec reduce = new() { Name = "reduce", Needs = ["main"], Kind = WorkloadKind.Mock };
        plan = plan with
        {
            Spec = plan.Spec with { Stages = [reduce], Rounds = rounds },
            StagePrograms = new Dictionary<string, ProgramPlan> { ["reduce"] = plan.Program },
        };
        var (prepared, request) = await user.PrepareAsync(plan);
        await user.SendAsync(prepared, request, Patience);
        return prepared.Task;
    }

    private async Task<TaskResponse> SeeAsync(TaskId task, string what, Func<TaskResponse, bool> seen)
        => await Eventually.SeeAsync($"{task} {what}", Patience, async () => (await net.Hub.TaskAsync(task)) is { IsOk: true } t && seen(t.Value) ? t.Value : null);

    /// <summary>A node that runs something, and its state directory.</summary>
    private async Task<(NodeId Id, string State)> VictimAsync(TaskResponse task)
    {
        var nodes = (await net.Hub.NodesAsync()).Value.ToDictionary(n => n.Node, n => n.Name);
        var id = task.Parts.Select(p => p.Node).OfType<NodeId>().First();
        return (id, Path.Combine(net.Network.Directory, nodes[id]));
    }
}
