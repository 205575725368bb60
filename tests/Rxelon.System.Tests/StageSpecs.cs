using System.Text.Json;
using Rxelon.Drills;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>Stages and rounds by way of task files, on real nodes.</summary>
[Collection(SharedNetwork.Name)]
public sealed class StageSpecs(RunningNetwork net)
{
    // Writes what /in/round/stdout says, and one letter more; makes /out/stop when it said two letters.
    private const string OneMoreEachRound = """
        (local $read i32)
        (if (i32.eqz (call $open (i32.const 3) (i32.const 4096) (i32.const 12) (i32.const 0) (i64.const 2)))
          (then
            (i32.store (i32.const 0) (i32.const 8192)) (i32.store (i32.const 4) (i32.const 100))
            (drop (call $fd_read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
            (local.set $read (i32.load (i32.const 8)))
            (call $write (i32.const 8192) (local.get $read))))
        (call $write (i32.const 4096) (i32.const 1))
        (if (i32.eq (local.get $read) (i32.const 2))
          (then (drop (call $open (i32.const 4) (i32.const 4108) (i32.const 4) (i32.const 1) (i64.const 64)))))
        """;

    [Fact]
    public async Task A_text_counted_in_parts_is_merged_by_a_stage_that_gets_the_parts_results()
    {
        var folder = Folder("reduce");
        var file = Path.Combine(Repository.Root, "samples", "wordstats", "reduce.yaml");
        var result = Path.Combine(folder, "out");

        var report = await net.TaskAsync("submit", "-f", file, "--out", result);

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Equal(10, report.GetProperty("parts").GetArrayLength());
        var text = await File.ReadAllTextAsync(Path.Combine(result, "stdout"));
        Assert.StartsWith("9 parts, 202 lines, 1607 words", text, StringComparison.Ordinal);
        var task = report.GetProperty("task").GetString()!;
        var all = await net.TaskAsync("task", "result", task, "--all", "--out", Path.Combine(folder, "all"));
        Assert.Equal(10, Directory.GetDirectories(Path.Combine(folder, "all"), "part-*").Length);
        Assert.Equal("Completed", all.GetProperty("phase").GetString());
        await AssertReceiptAsync(task, folder);
    }

    [Theory]
    [InlineData("managed", "false")]
    [InlineData("sealed", "true")]
    public async Task Rounds_go_on_from_the_last_rounds_result_until_the_stop_file(string custody, string rotate)
    {
        var folder = Folder($"rounds-{custody}");
        var module = Wat.Module(folder, "more", OneMoreEachRound, """(data (i32.const 4096) "round/stdoutstop")""");
        var file = Path.Combine(folder, "task.yaml");
        await File.WriteAllTextAsync(file, $$"""
            name: climb
            run: { wasm: { module: {{module}} } }
            rounds: { of: [climb], max: 8, until: out/stop }
            privacy: { custody: {{custody}}, rotate: {{rotate}} }
            resources: { cpu: 0.5, memory: 64MiB, disk: 16MiB }
            """);

        var report = await net.TaskAsync("submit", "-f", file, "--out", Path.Combine(folder, "out"));

        Assert.Equal("Completed", report.GetProperty("phase").GetString());
        Assert.Equal([1, 2, 3], report.GetProperty("parts").EnumerateArray().Select(p => p.TryGetProperty("round", out var r) && r.ValueKind == JsonValueKind.Number ? r.GetInt32() : 1));
        Assert.Equal("rrr", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        await AssertReceiptAsync(report.GetProperty("task").GetString()!, folder);
    }

    // The signatures of merged results and the charges of every stage hold from the events alone.
    private async Task AssertReceiptAsync(string task, string folder)
    {
        var receipt = Path.Combine(folder, "receipt.json");
        await Eventually.TrueAsync($"a receipt of {task} with its settlement", RunningNetwork.Patience, async () =>
        {
            var fetched = await net.CliAsync(RunningNetwork.User, "task", "receipt", task, "--out", receipt);
            var paid = await net.CliAsync(RunningNetwork.User, "ledger", "recompute-payout", receipt);
            return fetched.Code == 0 && paid.Code == 0;
        });
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(net.Network.Directory, $"stages-{name}")).FullName;
}
