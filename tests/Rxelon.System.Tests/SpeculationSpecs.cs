using System.Text.Json;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>Two nodes with room for one part each, one of which is very slow.</summary>
public sealed class UnevenNetwork : RunningNetwork
{
    protected override string[] HubArguments => ["--allow-mock"];

    protected override async Task StartNodesAsync()
    {
        foreach (var (name, slow) in ((string, string)[])[("slow", "50000"), ("fast", "0")])
        {
            var state = await Network.JoinNodeAsync(name, OperatorId.ToString());
            var process = Network.RunNode(
                state, new Dictionary<string, string> { ["RXELON_MOCK_SLOW_MS"] = slow }, "--mock", "--executors", "wasm", "--slots", "1", "--allow-swap");
            Nodes.Add((state, process));
        }
    }
}

/// <summary>A slow part is overtaken, by real processes.</summary>
public sealed class SpeculationSpecs(UnevenNetwork net) : IClassFixture<UnevenNetwork>
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task A_part_on_a_slow_node_is_overtaken_and_paid_once()
    {
        var before = await net.BalancesAtRestAsync();
        var task = await SubmitAsync("uneven", s => s);

        var ended = await net.SeeTaskAsync(task, "ended", t => t.Summary.EndedAt is not null);

        var (slow, twin) = await AssertOvertakenAsync(ended);
        Assert.Equal((Tokens.Zero, true), (slow.Cost, twin.Cost > Tokens.Zero));
        var (left, earned, fee) = await net.BalancesAtRestAsync();
        Assert.Equal(new Tokens(RunningNetwork.Granted * 1_000_000L), left + earned + fee);
        Assert.Equal(ended.Summary.Cost, earned + fee - before.Operator - before.Treasury);
        var receipt = Path.Combine(net.Network.Directory, "receipt.json");
        using var info = JsonDocument.Parse(await Http.GetStringAsync(new Uri(net.Network.HubUrl, "ledger/log.json")));
        var key = info.RootElement.GetProperty("keys")[0].GetString()!;
        await Eventually.TrueAsync("a receipt that recomputes", RunningNetwork.Patience, async () =>
            (await net.CliAsync(RunningNetwork.User, "task", "receipt", task.ToString(), "--out", receipt, "--wait", "30s")).Code == 0
            && (await net.CliAsync(RunningNetwork.User, "ledger", "recompute-payout", receipt, "--key", key)).Code == 0);
    }

    [Fact]
    public async Task A_sealed_tasks_slow_part_is_overtaken_with_keys_of_its_owners_client()
    {
        var task = await SubmitAsync("sealed", s => s with { Privacy = s.Privacy with { Custody = Custody.Sealed } });

        var keys = await net.CliAsync(RunningNetwork.User, "task", "keys", task.ToString());

        Assert.True(keys.Code == 0, keys.ToString());
        Assert.Contains("keys handed over: 6", keys.Error, StringComparison.Ordinal);
        await AssertOvertakenAsync((await net.Hub.TaskAsync(task)).Value);
    }

    private async Task<TaskId> SubmitAsync(string name, Func<TaskSpec, TaskSpec> change)
    {
        var user = TestUser.Of(net.Hub, net.Keys, Path.Combine(net.Network.Directory, "mock"));
        var plan = TestUser.MockPlan(name, 5, "--delay-ms", "200");
        plan = plan with { Spec = change(plan.Spec with { Limits = plan.Spec.Limits with { Speculate = true } }) };
        var (prepared, request) = await user.PrepareAsync(plan);
        await user.SendAsync(prepared, request, RunningNetwork.Patience);
        return prepared.Task;
    }

    private async Task<(PartInfo Slow, PartInfo Twin)> AssertOvertakenAsync(TaskResponse ended)
    {
        Assert.Equal(("Completed", 5, 5), (ended.Summary.Phase, ended.Summary.PartsTotal, ended.Summary.PartsAccepted));
        Assert.True(ended.Summary.EndedAt - ended.Summary.SubmittedAt < TimeSpan.FromSeconds(45), "The slow node was waited for.");
        var twin = Assert.Single(ended.Parts, p => p.CheckOf is not null);
        var slow = ended.Parts[twin.CheckOf!.Value];
        Assert.Equal(twin.Part, slow.ResultOf!.Value.Part);
        var fast = (await net.Hub.NodesAsync()).Value.Single(n => n.Name == "fast").Node;
        Assert.All(ended.Parts, p => Assert.Equal(fast, p.Node));
        return (slow, twin);
    }
}
