using System.Text;
using System.Text.Json;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Tests.Cli;

/// <summary>Logs that lie on the hub chunk by chunk, as attempts left them.</summary>
public sealed class LogCommandSpecs : SignedUp
{
    private TaskId _task;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Folder.Write("task.yaml", "name: sums\nrun: { wasm: { module: ./program.wasm } }\nsplit: { by: count, size: 2 }\n");
        Hub.Node.Program = process => process.Stderr = $"stderr of {process.Part}\n";
        Assert.Equal(0, await Cli.RunAsync("submit", "-f", "task.yaml", "--detach", "--quiet"));
        _task = TaskId.Parse(Cli.Out.Trim());
    }

    [Fact]
    public async Task The_newest_log_of_each_part_is_shown_and_of_a_result_its_own()
    {
        Fail(0, attempt: 3, "node-lost");
        Keep(0, 1, "first try\n");
        Keep(0, 2, "second ", "try\n");
        Keep(1, 0x7, "an attempt before the one that succeeded\n");

        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}"));
        Assert.Equal("== part 0\nsecond try\n== part 1\nstderr of 1\n", Cli.Out);
        Assert.Equal(0, await Cli.RunAsync("task", "log", $"{_task}", "--part", "0", "--attempt", "1", "--json"));
        using var json = JsonDocument.Parse(Cli.Out);
        Assert.Equal((0, 1, "first try\n"), (json.RootElement[0].GetProperty("part").GetInt32(), json.RootElement[0].GetProperty("attempt").GetInt32(), json.RootElement[0].GetProperty("log").GetString()));
        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "--attempt", "9"));
        Assert.Equal("", Cli.Out);
    }

    [Fact]
    public async Task A_log_says_what_is_missing_and_what_was_changed()
    {
        Fail(0, attempt: 1, "node-lost");
        var chunks = Seal(0, 1, ["one\n", "two\n", "three\n", "four\n"]);
        Hub.Logs[new AttemptId(_task, 0, 1)] = [.. LogRecords.Write(0, chunks[0]), .. LogRecords.Write(3, chunks[3])];
        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "--part", "0"));
        Assert.Equal("one\n\n… 2 chunks are missing\nfour\n", Cli.Out);

        Hub.Logs[new AttemptId(_task, 0, 1)] = [.. LogRecords.Write(0, chunks[0]), .. LogRecords.Write(1, chunks[2])];
        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "--part", "0"));
        Assert.StartsWith("one\n\n… The log of part 0, attempt 1", Cli.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("three", Cli.Out, StringComparison.Ordinal);

        Hub.Logs[new AttemptId(_task, 0, 1)] = LogRecords.Write(0, chunks[1]);
        Assert.NotEqual(0, await Cli.RunAsync("task", "logs", $"{_task}", "--part", "0"));
        Assert.Contains("decrypt-failed", Cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_shows_lines_with_their_part_and_what_only_results_have_at_the_end()
    {
        Keep(0, 1, "early\nla", "te\n", "no line end\e[31m");

        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "--follow"));
        Assert.Equal("[0] early\n[0] late\n[0] no line end?[31m\n[1] stderr of 1\n", Cli.Out);
        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "-f", "--part", "1"));
        Assert.Equal("stderr of 1\n", Cli.Out);
        Assert.Equal(0, await Cli.RunAsync("task", "logs", $"{_task}", "-f", "--json"));
        Assert.Equal(["early\nlate\n", "no line end?[31m", "stderr of 1\n"], Cli.Out.TrimEnd().Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("log").GetString()));
    }

    [Fact]
    public async Task Every_failure_is_told_with_the_last_lines_also_of_a_node_that_is_gone()
    {
        var task = Fail(1, attempt: 2, "node-lost");
        task.Phase = "Failed";
        task.Reason = new FaultInfo("node-lost", "The node fell silent.", "Node", true);
        Keep(1, 2, string.Concat(Enumerable.Range(1, 50).Select(i => $"line {i}\n")));

        foreach (var command in (string[])["show", "why", "result"])
        {
            await Cli.RunAsync("task", command, $"{_task}");
            var said = Cli.Out + Cli.Error;
            Assert.Contains("last log of part 1, attempt 2:\n  | line 31\n", said, StringComparison.Ordinal);
            Assert.Contains("  | line 50\n", said, StringComparison.Ordinal);
        }

        await Cli.RunAsync("task", "show", $"{_task}", "--json");
        using var json = JsonDocument.Parse(Cli.Out);
        Assert.EndsWith("line 50", json.RootElement.GetProperty("lastLines")[0].GetProperty("log").GetString(), StringComparison.Ordinal);
    }

    private FakeTask Fail(int part, int attempt, string code)
    {
        var task = Hub.Tasks[_task];
        task.Parts[part] = task.Parts[part] with { Phase = "Waiting", Attempt = attempt, Result = null, LastFault = new FaultInfo(code, "", "Node", true) };
        return task;
    }

    private void Keep(int part, int attempt, params string[] texts)
        => Hub.Logs[new AttemptId(_task, part, attempt)] = [.. Seal(part, attempt, texts).SelectMany((c, i) => LogRecords.Write((uint)i, c))];

    /// <summary>As the node would: the fake hub's vault opens the task key.</summary>
    private byte[][] Seal(int part, int attempt, string[] texts)
    {
        SealedKey.TryRead(Hub.Tasks[_task].Request.VaultKey!, out var vaultKey);
        var key = KeyWrap.Unwrap(vaultKey!, Hub.Vault, KeyWrapContext.TaskVault(_task)).Value;
        using var sealer = new LogSealer(KeySchedule.Log(key, part, attempt), CipherSuite.Aes256Gcm, PartContext.LiveLog(_task, part, attempt));
        return [.. texts.Select((t, i) => sealer.Seal(Encoding.UTF8.GetBytes(t), i == texts.Length - 1))];
    }
}
