using Rxelon.Drills;
using Rxelon.Shared.Values;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>Three nodes with room for one part each, and a hub that does not wait long for silent ones.</summary>
public sealed class ThreeNodes : RunningNetwork
{
    protected override string[] HubArguments => ["--allow-mock"];

    protected override IReadOnlyDictionary<string, string> HubEnvironment => new Dictionary<string, string>
    {
        ["RXELON_HUB__BUSYBEAT"] = "00:00:01",
        ["RXELON_HUB__SUSPECTAFTER"] = "00:00:02",
        ["RXELON_HUB__LOSTAFTER"] = "00:00:03",
    };

    protected override IReadOnlyList<string> NodeArguments => ["--mock", "--executors", "wasm", "--slots", "1", "--allow-swap"];

    protected override async Task StartNodesAsync()
    {
        foreach (var name in (string[])["node1", "node2", "node3"])
        {
            var state = await Network.JoinNodeAsync(name, OperatorId.ToString());
            Nodes.Add((state, RunNode(state)));
        }
    }
}

/// <summary>A program that brings down every node that runs it.</summary>
public sealed class KillerSpecs(ThreeNodes net) : IClassFixture<ThreeNodes>
{
    [Fact]
    public async Task A_task_whose_three_nodes_were_killed_while_they_ran_it_is_stopped_itself()
    {
        var user = TestUser.Of(net.Hub, net.Keys, Path.Combine(net.Network.Directory, "killer"));
        var (prepared, request) = await user.PrepareAsync(TestUser.MockPlan("killer", 1, "--delay-ms", "55000"));
        await user.SendAsync(prepared, request, RunningNetwork.Patience);

        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var running = await net.SeeTaskAsync(prepared.Task, $"attempt {attempt}", t => t.Parts[0].Phase == "KeyReleased" && t.Parts[0].Attempt == attempt);
            var name = (await net.Hub.NodesAsync()).Value.Single(n => n.Node == running.Parts[0].Node).Name;
            await net.Nodes.Single(n => Path.GetFileName(n.State) == name).Process.KillAsync();
        }

        var ended = await net.SeeTaskAsync(prepared.Task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal("Failed", ended.Summary.Phase);
        Assert.Equal((FaultCodes.KillsNodes, nameof(Culprit.Program)), (ended.Summary.Reason!.Code, ended.Summary.Reason.Culprit));
        var rest = await net.BalancesAtRestAsync();
        Assert.Equal((new Tokens(RunningNetwork.Granted * 1_000_000L), Tokens.Zero, Tokens.Zero), rest);
    }
}
