using System.Text.Json;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Cli;

public sealed class CommandSpecs : SignedUp
{
    private string _task = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Folder.Write("task.yaml", "name: sums\nrun: { wasm: { module: ./program.wasm } }\nsplit: { by: count, size: 3 }\n");
        Assert.Equal(0, await Cli.RunAsync("submit", "-f", "task.yaml", "--detach", "--quiet"));
        _task = Cli.Out.Trim();
    }

    [Theory]
    [InlineData("account show", "98.5 tokens")]
    [InlineData("task list", "sums")]
    [InlineData("task show TASK", "attic")]
    [InlineData("task why TASK", "2 of 2 nodes are busy. Estimated: 12.5 s.")]
    [InlineData("task watch TASK", "completed: 0.001 tokens")]
    [InlineData("node list", "attic")]
    [InlineData("quote -f task.yaml", "3 parts, at most 1.5 tokens")]
    [InlineData("validate task.yaml", "is valid")]
    public async Task People_get_text_and_programs_get_json(string command, string expected)
    {
        var args = command.Replace("TASK", _task, StringComparison.Ordinal).Split(' ');
        Assert.Equal(0, await Cli.RunAsync(args));
        Assert.Contains(expected, Cli.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', Cli.Out + Cli.Error);
        Assert.Equal(0, await Cli.RunAsync([.. args, "--json"]));
        foreach (var document in command.StartsWith("task watch", StringComparison.Ordinal) ? Cli.Out.TrimEnd().Split('\n') : [Cli.Out])
            JsonDocument.Parse(document).Dispose();
        Assert.Equal("", Cli.Error);
    }

    [Fact]
    public async Task The_balance_is_a_number_of_micro_tokens()
    {
        Assert.Equal(0, await Cli.RunAsync("account", "show", "--json"));
        using var document = JsonDocument.Parse(Cli.Out);
        Assert.Equal(98_500_000, document.RootElement.GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task A_task_can_be_changed_and_cancelled()
    {
        Assert.Equal(0, await Cli.RunAsync("task", "set", _task, "--tier", "priority", "--max", "3", "--deadline", "2h"));
        Assert.Equal(new AdjustRequest("Priority", new Tokens(3_000_000), 7200), Hub.Tasks[TaskId.Parse(_task)].Adjusted);
        Assert.Equal(2, await Cli.RunAsync("task", "set", _task));
        Assert.Equal(0, await Cli.RunAsync("task", "cancel", _task));
        Assert.Equal(0, await Cli.RunAsync("task", "delete", _task));
        Assert.Equal("Cancelled", Hub.Tasks[TaskId.Parse(_task)].Phase);
    }

    [Fact]
    public async Task A_failed_task_ends_with_1_its_reason_and_the_last_log()
    {
        var task = Hub.Tasks[TaskId.Parse(_task)];
        task.Phase = "Failed";
        task.Reason = new FaultInfo(FaultCodes.ProgramFailed, "The program ended with exit code 3.", "Program", false);
        Assert.Equal(1, await Cli.RunAsync("task", "result", _task));
        Assert.Contains("program-failed", Cli.Error, StringComparison.Ordinal);
        Assert.Contains("exit code 3", Cli.Error, StringComparison.Ordinal);
        Assert.Equal(1, await Cli.RunAsync("task", "watch", _task));
    }

    [Fact]
    public async Task Logs_are_decrypted_and_made_harmless()
    {
        Hub.Node.Program = process => process.Stderr = $"\e[31mpart {process.Part}\n";
        Assert.Equal(0, await Cli.RunAsync("submit", "-f", "task.yaml", "--detach", "--quiet"));
        Assert.Equal(0, await Cli.RunAsync("task", "logs", Cli.Out.Trim(), "--part", "2"));
        Assert.Equal("?[31mpart 2\n", Cli.Out);
    }

    [Theory]
    [InlineData(2, "task", "lst")]
    [InlineData(2, "task", "show", "t_nonsense")]
    [InlineData(2, "run", "wasm", "program.wasm", "--memory", "lots")]
    [InlineData(2, "run", "wasm", "program.wasm", "--split", "words:3")]
    [InlineData(2, "run", "docker", "debian:12")]
    [InlineData(2, "run", "vm", "debian", "ls")]
    [InlineData(3, "task", "show", "t_aaaaaaaaaaaaaaaaaaaaaaaaae")]
    [InlineData(3, "run", "wasm", "none.wasm")]
    [InlineData(3, "account", "show", "--profile", "nobody")]
    [InlineData(2, "account", "create", "--hub", "http://example.org", "--profile", "other")]
    [InlineData(4, "account", "create", "--hub", "http://127.0.0.1:1", "--profile", "other")]
    public async Task Exit_codes_say_what_went_wrong(int code, params string[] args)
    {
        Assert.Equal(code, await Cli.RunAsync(args));
        Assert.StartsWith("error ", Cli.Error, StringComparison.Ordinal);
        Assert.Equal(code, await Cli.RunAsync([.. args, "--json"]));
        using var document = JsonDocument.Parse(Cli.Error);
        Assert.NotEmpty(document.RootElement.GetProperty("error").GetProperty("code").GetString()!);
    }

    [Fact]
    public async Task Validation_names_file_line_column_code_and_field()
    {
        Folder.Write("bad.yaml", "run: { wasm: { module: program.wasm } }\nresources:\n  memroy: 1MiB\n");
        Assert.Equal(2, await Cli.RunAsync("validate", "bad.yaml"));
        Assert.StartsWith("bad.yaml:3:3: unknown-field: resources.memroy: ", Cli.Error, StringComparison.Ordinal);
        Assert.Equal(2, await Cli.RunAsync("validate", "bad.yaml", "--json"));
        using var document = JsonDocument.Parse(Cli.Out);
        Assert.Equal(3, document.RootElement.GetProperty("errors")[0].GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        Assert.Equal(0, await Cli.RunAsync("completion", shell));
        Assert.Contains("[suggest:", Cli.Out, StringComparison.Ordinal);
        Assert.Equal(0, await Cli.RunAsync("[suggest:13]", "rxelon task wa"));
        Assert.Contains("watch", Cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submission_that_was_cut_is_resumed()
    {
        Hub.Refusal = new ProblemInfo("about:blank", "busy", 503, "The hub is starting.", FaultCodes.Unavailable, true, null);
        Assert.Equal(4, await Cli.RunAsync("submit", "-f", "task.yaml", "--detach"));
        var journal = Directory.EnumerateFiles(Folder["home/journal"], "*", SearchOption.AllDirectories).ToList();
        Assert.Contains(journal, f => f.EndsWith("submit.json", StringComparison.Ordinal));
        Hub.Refusal = null;
        var before = Hub.Tasks.Count;
        Assert.Equal(0, await Cli.RunAsync("task", "resume"));
        Assert.Equal(before + 1, Hub.Tasks.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder["home/journal"]));
    }

    [Fact]
    public async Task What_a_killed_preparation_left_is_removed_after_a_day()
    {
        var old = Directory.CreateDirectory(Folder["home/journal/old"]).FullName;
        var fresh = Directory.CreateDirectory(Folder["home/journal/fresh"]).FullName;
        Directory.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        Assert.Equal(0, await Cli.RunAsync("submit", "-f", "task.yaml", "--detach"));
        Assert.Equal((false, true), (Directory.Exists(old), Directory.Exists(fresh)));
    }
}
