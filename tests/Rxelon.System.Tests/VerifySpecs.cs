using System.Text.Json;
using Rxelon.Drills;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Verified tasks on real processes: three operators with a node each, one of which gives wrong results.</summary>
public sealed class VerifySpecs(VerifySpecs.LyingNetwork net) : IClassFixture<VerifySpecs.LyingNetwork>
{
    [Fact]
    public async Task Two_of_three_operators_are_right_and_the_liar_is_unpaid_and_quarantined()
    {
        await net.ReinstateAsync();
        var before = await net.AvailableAsync(net.Liar.ToString());
        var folder = net.Folder("quorum");

        var report = await net.SubmitAsync(folder, "verify: { policy: quorum, of: 3, agree: 2 }");

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Matches("^[0-9a-f]{128}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        var parts = report.GetProperty("parts").EnumerateArray().ToList();
        Assert.Equal(6, parts.Count);
        Assert.Equal([0, 0, 1, 1], parts.Where(p => Number(p, "checkOf") is not null).Select(p => Number(p, "checkOf")!.Value).Order());
        var shown = await net.Network.PbmAsync("nodes", "show", "-node", net.LiarsNode);
        Assert.Contains("quarantine", shown, StringComparison.Ordinal);
        Assert.Contains("outvoted", shown, StringComparison.Ordinal);
        await AssertReceiptAsync(report, folder);
        await Eventually.TrueAsync("the honest are paid", RunningNetwork.Patience, async () => await net.AvailableAsync(net.OperatorId.ToString()) > Tokens.Zero);
        Assert.Equal(before, await net.AvailableAsync(net.Liar.ToString()));

        var lifted = await net.Network.PbmAsync("nodes", "reinstate", "-node", net.LiarsNode, "-reason", "it was a test");
        Assert.Contains("reinstated", lifted, StringComparison.Ordinal);
        Assert.DoesNotContain("quarantined", await net.Network.PbmAsync("nodes", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checking_every_part_gives_right_results_whoever_ran_it_first()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("spot");

        var report = await net.SubmitAsync(folder, "verify: { policy: spot, rate: 1 }");

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Matches("^[0-9a-f]{128}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        var parts = report.GetProperty("parts").EnumerateArray().ToList();
        Assert.All(Enumerable.Range(0, 2), p => Assert.Contains(parts, q => Number(q, "checkOf") == p));
        await AssertReceiptAsync(report, folder);
    }

    [Fact]
    public async Task Honest_results_that_all_differ_fail_the_task_and_punish_nobody()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("differ");
        var more = new List<RxProcess>();
        foreach (var name in (string[])["late4", "late5"])
            more.Add(net.RunNode(await net.Network.JoinNodeAsync(name, (await net.OpenAccountAsync(name, "--operator")).ToString())));
        await net.NodesOnlineAsync(net.Nodes.Count + more.Count);

        var run = await net.CliAsync(RunningNetwork.User, "submit", "-f", net.TaskFile(folder, "verify: { policy: quorum }", "[--random]", 1), "--out", Path.Combine(folder, "out"));

        Assert.NotEqual(0, run.Code);
        Assert.Contains(FaultCodes.ResultsDiffer, run.Out + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("quarantined", await net.Network.PbmAsync("nodes", "list"), StringComparison.Ordinal);
        foreach (var node in more)
            await node.StopAsync(RunningNetwork.Patience);
    }

    [Fact]
    public async Task A_result_that_its_owner_knows_finds_the_liar_and_the_hub_learns_only_the_blinded_answer()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("canary");
        await net.SubmitAsync(folder, "verify: { policy: quorum, of: 3, agree: 2 }");
        var known = (await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")))[..64];
        await net.ReinstateAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, "known.txt"), known);

        // As many parts as there is room: the liar gets some.
        var expected = string.Join(", ", Enumerable.Range(0, 6).Select(p => $"{p}: ./known.txt"));
        var file = net.TaskFile(folder, $"verify: {{ policy: canary, expected: {{ {expected} }} }}", "[--delay-ms, \"500\"]", 6);
        var report = await net.TaskAsync("submit", "-f", file, "--out", Path.Combine(folder, "canary"));

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Equal(string.Concat(Enumerable.Repeat(known, 6)), await File.ReadAllTextAsync(Path.Combine(folder, "canary", "stdout")));
        await Eventually.TrueAsync("the liar's quarantine", RunningNetwork.Patience, async () =>
            (await net.Network.PbmAsync("nodes", "show", "-node", net.LiarsNode)).Contains("outvoted", StringComparison.Ordinal));
        Assert.Single((await net.Network.PbmAsync("nodes", "list")).Split('\n'), l => l.Contains("quarantined", StringComparison.Ordinal));
        await AssertReceiptAsync(report, folder);
    }

    [Fact]
    public async Task A_lie_in_one_task_takes_back_what_the_liar_gave_unchecked_to_another()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("elsewhere");
        var file = net.TaskFile(folder, "verify: { policy: spot, rate: 0.000001 }\nprivacy: { parallel: 1 }", "[--delay-ms, \"2000\"]", 5);
        var open = net.TaskAsync("submit", "-f", file, "--out", Path.Combine(folder, "out")); // the liar is cheapest and gets it all
        await Eventually.TrueAsync("a result of the liar's", RunningNetwork.Patience, async () =>
            (await net.Hub.TasksAsync()) is { IsOk: true } tasks && tasks.Value.Tasks.Any(t => t is { Phase: "Running", PartsAccepted: > 0 }));
        var proof = net.Folder("proof");
        await net.SubmitAsync(proof, "verify: { policy: quorum, of: 3, agree: 2 }");

        var report = await open;
        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        var known = (await File.ReadAllTextAsync(Path.Combine(proof, "out", "stdout")))[..64];
        Assert.Equal(string.Concat(Enumerable.Repeat(known, 5)), await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        Assert.Contains(report.GetProperty("parts").EnumerateArray(), p => p.GetProperty("attempt").GetInt32() > 1);
        await AssertReceiptAsync(report, folder);
    }

    [Theory]
    [InlineData("managed")]
    [InlineData("sealed")]
    public async Task Numbers_that_differ_in_their_last_digits_are_compared_by_their_owner_and_everybody_is_paid(string custody)
    {
        await net.ReinstateAsync();
        var folder = net.Folder($"numeric-{custody}");
        var file = NearlyPi(folder, $"verify: {{ policy: quorum, of: 3, agree: 3, compare: numeric, tolerance: 1e-6 }}\nprivacy: {{ custody: {custody} }}");
        var report = await net.TaskAsync("submit", "-f", file, "--out", Path.Combine(folder, "out"));

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Matches("^(pi 3.14159265[0-9]{2}\n){2}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        Assert.All(report.GetProperty("parts").EnumerateArray(), p => Assert.Equal(JsonValueKind.Null, Kind(p, "resultOf")));
        await AssertReceiptAsync(report, folder);
        Assert.Contains("compared by their owner", (await net.CliAsync(RunningNetwork.User, "ledger", "verify", Path.Combine(folder, "receipt.json"), "--key", await net.LogKeyAsync())).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_whose_owner_left_says_that_results_wait_and_goes_on_when_they_are_compared()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("numeric-later");
        var file = net.TaskFile(folder, "verify: { policy: quorum, of: 3, agree: 2, compare: numeric, tolerance: 1e-6 }", "[]", 1);
        var submitted = await net.CliAsync(RunningNetwork.User, "submit", "-f", file, "--detach");
        Assert.Contains("rxelon task compare", submitted.Error, StringComparison.Ordinal);
        var task = TaskId.Parse(submitted.Out.Trim());
        await Eventually.TrueAsync("results wait for their owner", RunningNetwork.Patience, async () =>
            (await net.CliAsync(RunningNetwork.User, "task", "why", task.ToString())).Out.Contains("rxelon task compare", StringComparison.Ordinal));

        // The liar's digest is no number: its owner finds it different, and says no more than that.
        var compared = await net.CliAsync(RunningNetwork.User, "task", "compare", task.ToString());
        Assert.True(compared.Code == 0, compared.ToString());
        Assert.Contains("part 0: 3 results compared within the tolerance", compared.Error, StringComparison.Ordinal);
        var report = await net.TaskAsync("task", "result", task.ToString(), "--out", Path.Combine(folder, "out"));
        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Matches("^[0-9a-f]{64}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        Assert.DoesNotContain("quarantined", await net.Network.PbmAsync("nodes", "list"), StringComparison.Ordinal);
        await AssertReceiptAsync(report, folder);
    }

    [Fact]
    public async Task Where_the_owner_left_another_operators_node_compares_and_is_paid_for_it()
    {
        await net.ReinstateAsync();
        var folder = net.Folder("numeric-alone");
        var file = NearlyPi(folder, "verify: { policy: quorum, of: 2, agree: 2, compare: numeric, tolerance: 1e-6 }");
        var submitted = await net.CliAsync(RunningNetwork.User, "submit", "-f", file, "--detach");
        var task = submitted.Out.Trim();
        Assert.True(submitted.Code == 0, submitted.ToString());
        var watched = await net.CliAsync(RunningNetwork.User, "task", "watch", task);
        Assert.True(watched.Code == 0, watched.ToString());

        var report = await net.TaskAsync("task", "result", task, "--out", Path.Combine(folder, "out"));
        Assert.Matches("^(pi 3.14159265[0-9]{2}\n){2}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        var parts = report.GetProperty("parts").EnumerateArray().ToList();
        var comparisons = parts.Where(p => p.GetProperty("compares").GetBoolean()).ToList();
        Assert.NotEmpty(comparisons); // two digits by chance are the same once in a hundred, and of both parts once in ten thousand
        Assert.All(comparisons, c => Assert.DoesNotContain(
            parts, p => p.GetProperty("node").GetString() == c.GetProperty("node").GetString() && !p.GetProperty("compares").GetBoolean()
                && (Number(p, "checkOf") ?? Number(p, "part")) == Number(c, "checkOf")));
        Assert.All(parts, p => Assert.True(p.GetProperty("cost").GetInt64() > 0));
        await AssertReceiptAsync(report, folder);
    }

    private static string NearlyPi(string folder, string verify)
    {
        var module = Wat.Module(folder, "nearly-pi", Wat.NearlyPi, Wat.PiData);
        var file = Path.Combine(folder, "task.yaml");
        File.WriteAllText(file, $$"""
            name: nearly-pi
            run: { wasm: { module: {{module}} } }
            split: { by: count, size: 2 }
            {{verify}}
            resources: { cpu: 0.5, memory: 64MiB, disk: 16MiB }
            """);
        return file;
    }

    private static JsonValueKind Kind(JsonElement part, string name) => part.TryGetProperty(name, out var value) ? value.ValueKind : JsonValueKind.Null;

    // Says what the first of the results says. The mock would not do: it hashes the archive, whose headers name the process that made it.
    private const string FirstResult = """
        (if (i32.eqz (call $open (i32.const 3) (i32.const 4096) (i32.const 21) (i32.const 0) (i64.const 2)))
          (then
            (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 100))
            (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (call $write (i32.const 8192) (i32.load (i32.const 8)))))
        """;

    [Theory]
    [InlineData("sealed", "false")]
    [InlineData("managed", "true")]
    [InlineData("sealed", "true")]
    public async Task Parts_and_a_stage_over_them_are_checked_whoever_holds_the_keys_and_however_they_go(string custody, string rotate)
    {
        await net.ReinstateAsync();
        var folder = net.Folder($"{custody}-{rotate}");
        var module = Wat.Module(folder, "first", FirstResult, """(data (i32.const 4096) "results/000000/stdout")""");
        var report = await net.SubmitAsync(folder, $$"""
            verify: { policy: quorum, of: 3, agree: 2 }
            privacy: { custody: {{custody}}, rotate: {{rotate}} }
            stages: { total: { needs: [sums], run: { wasm: { module: {{module}} } } } }
            merge: { stage: total }
            """);

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Equal(9, report.GetProperty("parts").GetArrayLength());
        Assert.Matches("^[0-9a-f]{64}$", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        await Eventually.TrueAsync("the liar's quarantine", RunningNetwork.Patience, async () =>
            (await net.Network.PbmAsync("nodes", "show", "-node", net.LiarsNode)).Contains("outvoted", StringComparison.Ordinal));
        await AssertReceiptAsync(report, folder);
    }

    private static int? Number(JsonElement part, string name)
        => part.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private async Task AssertReceiptAsync(JsonElement report, string folder)
    {
        var task = report.GetProperty("task").GetString()!;
        var receipt = Path.Combine(folder, "receipt.json");
        var last = "";
        var key = await net.LogKeyAsync();
        try
        {
            await Eventually.TrueAsync($"a receipt of {task} with its settlement", RunningNetwork.Patience, async () =>
            {
                var fetched = await net.CliAsync(RunningNetwork.User, "task", "receipt", task, "--out", receipt, "--wait", "30s");
                var holds = await net.CliAsync(RunningNetwork.User, "ledger", "verify", receipt, "--key", key);
                var paid = await net.CliAsync(RunningNetwork.User, "ledger", "recompute-payout", receipt, "--key", key);
                last = $"{fetched}\n{holds}\n{paid}";
                return fetched.Code == 0 && holds.Code == 0 && paid.Code == 0;
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{last}", e);
        }
    }

    /// <summary>Two honest operators' nodes, and one whose executor gives wrong results.</summary>
    public sealed class LyingNetwork : RunningNetwork
    {
        private static readonly Dictionary<string, string> Lies = new() { ["RXELON_MOCK_LIES"] = "1" };

        internal AccountId Liar { get; private set; }

        internal string LiarsNode { get; private set; } = "";

        protected override IReadOnlyList<string> NodeArguments => ["--executors", "wasm", "--mock", "--slots", "2", "--allow-swap"];

        protected override string[] HubArguments => ["--allow-mock"];

        protected override async Task StartNodesAsync()
        {
            var second = await OpenAccountAsync("second", "--operator");
            Liar = await OpenAccountAsync("liar", "--operator");
            foreach (var (name, account) in ((string, AccountId)[])[("node1", OperatorId), ("node2", second)])
            {
                var state = await Network.JoinNodeAsync(name, account.ToString());
                Nodes.Add((state, RunNode(state)));
            }

            var lying = await Network.JoinNodeAsync("lying", Liar.ToString());
            Nodes.Add((lying, Network.RunNode(lying, Lies, [.. NodeArguments, "--ask", "0.05"])));
            var listed = await Network.PbmAsync("nodes", "list");
            LiarsNode = listed.Split('\n').Single(l => l.Contains(" lying ", StringComparison.Ordinal)).Split(' ')[0];
        }

        internal async Task<string> LogKeyAsync()
        {
            using var http = new HttpClient();
            using var info = JsonDocument.Parse(await http.GetStringAsync(new Uri(Network.HubUrl, "ledger/log.json")));
            return info.RootElement.GetProperty("keys")[0].GetString()!;
        }

        internal async Task ReinstateAsync()
        {
            await Network.PbmAsync("nodes", "reinstate", "-node", LiarsNode, "-reason", "the next test");
            await NodesOnlineAsync(Nodes.Count);
        }

        internal string Folder(string name) => Directory.CreateDirectory(Path.Combine(Network.Directory, $"verify-{name}")).FullName;

        internal Task<JsonElement> SubmitAsync(string folder, string verify)
            => TaskAsync("submit", "-f", TaskFile(folder, verify, "[]", 2), "--out", Path.Combine(folder, "out"));

        internal string TaskFile(string folder, string verify, string arguments, int parts)
        {
            var file = Path.Combine(folder, "task.yaml");
            File.WriteAllText(file, $$"""
                name: sums
                run: { mock: { args: {{arguments}} } }
                split: { by: count, size: {{parts}} }
                {{verify}}
                resources: { cpu: 0.5, memory: 64MiB, disk: 16MiB }
                """);
            return file;
        }
    }
}
