using Rxelon.Drills;
using Rxelon.Shared.Ids;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>Each node runs from a copy of the client's folder of its own, so that a test can change it.</summary>
public sealed class CopiedClients : RunningNetwork
{
    protected override string[] HubArguments => ["--allow-mock", "--set", "ChallengeEvery=00:00:02"];

    protected override IReadOnlyList<string> NodeArguments => ["--mock", "--executors", "wasm", "--slots", "2", "--allow-swap"];

    internal static string ClientOf(string state) => $"{state}-client";

    internal override RxProcess RunNode(string state) => RunNode(state, []);

    internal RxProcess RunNode(string state, string[] more)
    {
        var client = ClientOf(state);
        if (!Directory.Exists(client))
            Copy(Path.GetDirectoryName(RxProcess.Built("Rxelon.Node", "rxelon-node.dll"))!, client);
        return Network.RunNodeFrom(client, state, [.. NodeArguments, .. more]);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(from, file);
            if (name.StartsWith("runtimes/win", StringComparison.Ordinal) || name.StartsWith("runtimes/osx", StringComparison.Ordinal))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, name))!);
            File.Copy(file, Path.Combine(to, name));
        }
    }
}

/// <summary>What a changed machine looks like to the network: real processes, the operator's and the admin's own commands.</summary>
public sealed class IntegritySpecs(CopiedClients net) : IClassFixture<CopiedClients>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_flipped_byte_in_the_client_isolates_a_node_and_its_work_is_done_elsewhere()
    {
        var (state, process) = net.Nodes[0];
        var id = await IdAsync("node1");
        await process.KillAsync();
        net.Nodes[0] = (state, process = net.RunNode(state));
        await Eventually.TrueAsync("up after kill -9", Patience, () => Task.FromResult(TestNetwork.IsUp(state, process)));
        await Eventually.TrueAsync("challenges answered", Patience, async () => (await LogAsync(id)).Contains("challenge", StringComparison.Ordinal));
        Assert.DoesNotContain("Isolated", await net.Network.PbmAsync("nodes", "list"), StringComparison.Ordinal);

        await process.StopAsync(Patience);
        FlipInStub(Path.Combine(CopiedClients.ClientOf(state), "rxelon-node.dll"));
        net.Nodes[0] = (state, process = net.RunNode(state));
        await IsolatedAsync(id, "application-changed");
        var status = await net.Network.NodeAsync(["status", "--state", state]);
        Assert.Equal(3, status.Code);
        Assert.Contains("node-isolated", status.Out, StringComparison.Ordinal);
        Assert.Contains("application-changed", status.Out, StringComparison.Ordinal);

        var user = TestUser.Of(net.Hub, net.Keys, Path.Combine(net.Network.Directory, "mock"));
        var (prepared, request) = await user.PrepareAsync(TestUser.MockPlan("elsewhere", 4, []));
        await user.SendAsync(prepared, request, Patience);
        var ended = await net.SeeTaskAsync(prepared.Task, "ended", t => t.Summary.EndedAt is not null);
        Assert.Equal("Completed", ended.Summary.Phase);
        Assert.DoesNotContain(ended.Parts, p => p.Node == NodeId.Parse(id));

        await net.Network.PbmAsync("nodes", "rebaseline", "-node", id);
        await Eventually.TrueAsync("in again", Patience, () => Task.FromResult(TestNetwork.IsUp(state, process)));
    }

    [Fact]
    public async Task An_altered_line_of_the_operation_log_isolates_a_node_until_an_admin_lets_the_log_begin_anew()
    {
        var (state, process) = net.Nodes[1];
        var id = await IdAsync("node2");
        await Eventually.TrueAsync("lines shipped", Patience, async () => (await LogAsync(id)).Contains("SessionOpened", StringComparison.Ordinal));
        await process.KillAsync();
        Flip(Path.Combine(state, "operations.log"), 10);
        net.Nodes[1] = (state, process = net.RunNode(state));
        await IsolatedAsync(id, "log-altered");

        await net.Network.PbmAsync("nodes", "clear-alarm", "-node", id, "-reason", "a test did it");
        await Eventually.TrueAsync("in again", Patience, () => Task.FromResult(TestNetwork.IsUp(state, process)));

        // Options: a slip is told to the operator, an announced change to the hub.
        await process.StopAsync(Patience);
        var slip = net.RunNode(state, ["--region", "mars"]);
        Assert.Equal(2, await slip.WaitForExitAsync(Patience));
        Assert.Contains("(changed: --region)", slip.Output, StringComparison.Ordinal);
        Assert.Contains("--announce-changes", slip.Output, StringComparison.Ordinal);
        net.Nodes[1] = (state, process = net.RunNode(state, ["--region", "mars", "--announce-changes"]));
        await Eventually.TrueAsync("in with new options", Patience, () => Task.FromResult(TestNetwork.IsUp(state, process)));
        Assert.Contains("by announced", await net.Network.PbmAsync("nodes", "show", "-node", id), StringComparison.Ordinal);
        await Eventually.TrueAsync("the change in its log", Patience, async () => (await LogAsync(id)).Contains("ConfigurationChanged", StringComparison.Ordinal));
    }

    private Task<string> LogAsync(string id) => net.Network.PbmAsync("nodes", "oplog", "-node", id, "-last", "200");

    private async Task<string> IdAsync(string name)
        => (await net.Network.PbmAsync("nodes", "list")).Split('\n').Single(l => l.Contains($" {name} ", StringComparison.Ordinal)).Split(' ')[0];

    private async Task IsolatedAsync(string id, string code)
    {
        await Eventually.TrueAsync($"isolated for {code}", Patience, async () => (await net.Network.PbmAsync("nodes", "list")).Split('\n')
            .Any(l => l.StartsWith(id, StringComparison.Ordinal) && l.Contains("Isolated", StringComparison.Ordinal) && l.Contains(code, StringComparison.Ordinal)));
        Assert.Contains($": {code}: ", await net.Network.PbmAsync("nodes", "show", "-node", id), StringComparison.Ordinal);
    }

    // The text that old systems would print: every byte of it can change and the library still loads.
    private static void FlipInStub(string file)
    {
        var at = File.ReadAllBytes(file).AsSpan().IndexOf("DOS mode"u8);
        Assert.True(at > 0);
        Flip(file, at);
    }

    private static void Flip(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
