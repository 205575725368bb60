using Rxelon.Domain.Tasks;
using Rxelon.Hub.Config;

namespace Rxelon.Hub.Tests.Edge;

[Trait("Category", "Root")]
public sealed class NatSpecs
{
    [Fact]
    public async Task A_node_behind_a_masquerading_router_works_and_comes_back_after_the_line_was_down()
    {
        await using var router = await HomeRouter.StartAsync();
        await using var edge = await EdgeHarness.StartAsync(new HubOptions { EdgeBindHost = router.HubAddress, AllowMock = true });
        edge.Chs.Spec = edge.Chs.Spec with { Kind = Shared.Workloads.WorkloadKind.Mock };
        await using var state = new NodeHarness(edge, host: router.HubAddress);
        using var node = router.Run(
            "dotnet", Path.Combine(AppContext.BaseDirectory, "rxelon-node.dll"), "run", "--state", state.StateDirectory, "--mock", "--executors", "wasm", "--allow-swap");
        try
        {
            var output = Task.WhenAll(node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
            var first = await edge.SessionOfAsync(state.Id);
            await RoundTripAsync(edge, state, 1);

            await router.LineAsync(up: false);
            await Eventually.TrueAsync("the hub sees the node gone", () => edge.SessionsAsync().GetAwaiter().GetResult().Count == 0);
            await router.LineAsync(up: true);

            var back = await Eventually.TrueAsync(
                "a new session", () => edge.SessionsAsync().GetAwaiter().GetResult().Any(s => s.Offer.Session > first));
            Assert.InRange(back.TotalSeconds, 0, 10);
            await RoundTripAsync(edge, state, 2);
            node.Kill(entireProcessTree: true);
            await output;
        }
        finally
        {
            if (!node.HasExited)
                node.Kill(entireProcessTree: true);
            await node.WaitForExitAsync();
        }
    }

    /// <summary>Out: an assignment and a key. In: ready, and a signed failure, for the key is none.</summary>
    private static async Task RoundTripAsync(EdgeHarness edge, NodeHarness node, int times)
    {
        edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1, 2, 3]);
        await Eventually.TrueAsync("a signed failure", () => edge.Chs.Failures.Count(f => f.Signature.Length > 0) >= times);
        Assert.NotEmpty(edge.Chs.Got<ReleaseKeys>());
    }
}
