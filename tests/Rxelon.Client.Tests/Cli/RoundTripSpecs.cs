using System.Text;
using System.Text.Json;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Cli;

public sealed class RoundTripSpecs : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private FakeHub _hub = null!;
    private CliRun _cli = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _cli = new CliRun(_folder);
        await _cli.SignUpAsync(_hub);
        _folder.Write("program.wasm", "(module)");
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Lines_come_back_in_order_on_standard_output()
    {
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}\n"));
        _folder.Write("text.txt", text);
        await Succeed("--input", "text.txt", "--split", "lines:7");
        Assert.Equal(text, Encoding.UTF8.GetString(_cli.Stdout));
        Assert.Equal(15, Assert.Single(_hub.Tasks.Values).Parts.Count);
    }

    [Fact]
    public async Task The_report_names_the_node_the_price_and_the_duration()
    {
        await Succeed();
        Assert.Contains("attic", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("0.001 tokens", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("250 ms", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("at most 1.5 tokens", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_readable_reaches_the_hub()
    {
        const string marker = "PLAINTEXT-MARKER";
        _folder.Write("secret.txt", $"{marker}\n");
        _folder.Write("program.wasm", marker);
        _cli.Variables["TOKEN"] = marker;
        await Succeed("--input", "secret.txt", "--env", $"A={marker}", "--secret", "TOKEN", "--", marker);
        var seen = _hub.Blobs.Values.Append(Assert.Single(_hub.Tasks.Values).Request.Spec).Append(_hub.Tasks.Values.Single().Request.VaultKey!);
        Assert.DoesNotContain(seen, blob => Encoding.Latin1.GetString(blob).Contains(marker, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_program_gets_module_arguments_environment_and_secrets()
    {
        FakeProcess? seen = null;
        _hub.Node.Program = process => seen = process;
        _cli.Variables["TOKEN"] = "t0p";
        await Succeed("--env", "A=1", "--env", "B=x=y", "--secret", "TOKEN", "--", "--tile", "{part}");
        Assert.Equal("(module)", seen!.Program.Module.ToStringUtf8());
        Assert.Equal(["--tile", "{part}"], seen.Program.Args);
        Assert.Equal([("A", "1"), ("B", "x=y"), ("TOKEN", "t0p")], seen.Program.Env.OrderBy(e => e.Key).Select(e => (e.Key, e.Value)));
    }

    [Fact]
    public async Task A_missing_secret_is_named_before_anything_is_sent()
    {
        Assert.Equal(3, await Run("--secret", "NOT_SET"));
        Assert.Contains("NOT_SET", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_hub.Blobs);
    }

    [Fact]
    public async Task Files_and_folders_come_back_as_one_tree()
    {
        _folder.Write("data/a.txt", "A");
        _folder.Write("data/deep/b.txt", "B");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");
        Assert.Equal("A", await File.ReadAllTextAsync(_folder["results/data/a.txt"]));
        Assert.Equal("B", await File.ReadAllTextAsync(_folder["results/data/deep/b.txt"]));
        Assert.Empty(Directory.EnumerateDirectories(_folder["results"], ".rxelon*"));
    }

    [Fact]
    public async Task Files_of_the_same_name_stay_in_their_part()
    {
        _hub.Node.Program = process => process.Out["same.txt"] = Encoding.UTF8.GetBytes($"{process.Part}");
        await Succeed("--split", "count:3", "--out", "results");
        Assert.Equal("2", await File.ReadAllTextAsync(_folder["results/part-00002/same.txt"]));
        Assert.False(File.Exists(_folder["results/same.txt"]));
    }

    [Fact]
    public async Task Unmerged_results_have_a_folder_per_part()
    {
        _folder.Write("text.txt", "a\nb\n");
        await Succeed("--input", "text.txt", "--split", "lines:1", "--merge", "none", "--out", "results");
        Assert.Equal("b\n", await File.ReadAllTextAsync(_folder["results/part-00001/stdout"]));
    }

    [Fact]
    public async Task A_large_input_from_standard_input_makes_the_round_trip()
    {
        _cli.Stdin = new byte[3_000_000];
        System.Security.Cryptography.RandomNumberGenerator.Fill(_cli.Stdin);
        await Succeed("--input", "-", "--split", "bytes:2MB");
        Assert.Equal(_cli.Stdin, _cli.Stdout);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["home/journal"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["home/downloads"]));
    }

    [Fact]
    public async Task Every_cipher_makes_the_round_trip()
    {
        _folder.Write("text.txt", "hello\n");
        foreach (var cipher in (string[])["aes-256-gcm", "chacha20-poly1305", "aes-256-gcm-siv"])
        {
            await Succeed("--input", "text.txt", "--split", "lines:1", "--cipher", cipher);
            Assert.Equal("hello\n", Encoding.UTF8.GetString(_cli.Stdout));
        }
    }

    [Fact]
    public async Task Results_open_on_another_machine_that_has_the_account_file()
    {
        _folder.Write("text.txt", "hello\n");
        await Succeed("--input", "text.txt", "--split", "lines:1", "--detach", "--quiet");
        var task = _cli.Out.Trim();
        Assert.True(TaskId.TryParse(task, out _), task);
        _cli.Variables["RXELON_PASSPHRASE"] = "correct horse";
        Assert.Equal(0, await _cli.RunAsync("account", "export", "--out", "account.json", "--protect"));
        var elsewhere = new CliRun(_folder);
        elsewhere.Variables["RXELON_HOME"] = _folder["elsewhere"];
        elsewhere.Variables["RXELON_PASSPHRASE"] = "correct horse";
        Assert.Equal(0, await elsewhere.RunAsync("account", "import", "account.json"));
        Assert.Equal(0, await elsewhere.RunAsync("task", "result", task));
        Assert.Equal("hello\n", Encoding.UTF8.GetString(elsewhere.Stdout));
    }

    [Fact]
    public async Task A_changed_result_is_found_before_it_is_decrypted_and_leaves_no_file()
    {
        await Succeed("--detach", "--quiet", "--split", "count:2");
        var part = _hub.Tasks.Values.Single().Parts[1];
        _hub.Blobs[part.Result!.Value.Id][^1] ^= 1;
        Assert.Equal(5, await _cli.RunAsync("task", "result", _cli.Out.Trim(), "--out", "results"));
        Assert.Contains(FaultCodes.HashMismatch, _cli.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["results"]));
    }

    [Fact]
    public async Task A_result_of_another_part_does_not_open()
    {
        await Succeed("--detach", "--quiet", "--split", "count:2");
        var task = _hub.Tasks.Values.Single();
        task.Parts[1] = task.Parts[1] with { Result = task.Parts[0].Result };
        Assert.Equal(5, await _cli.RunAsync("task", "result", _cli.Out.Trim(), "--out", "results"));
        Assert.Contains(FaultCodes.DecryptFailed, _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_by_the_hub_is_told_with_its_code()
    {
        _hub.Refusal = new ProblemInfo("about:blank", "No money", 402, "The account has 0 tokens.", FaultCodes.InsufficientFunds, false, null);
        Assert.Equal(3, await Run());
        Assert.Contains("insufficient-funds", _cli.Error, StringComparison.Ordinal);
        Assert.Contains("The account has 0 tokens.", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["home/journal"]));
    }

    [Fact]
    public async Task A_limit_below_the_quote_stops_before_anything_is_sent()
    {
        Assert.Equal(3, await Run("--max", "1.4"));
        Assert.Contains(FaultCodes.BudgetExceeded, _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_hub.Blobs);
        await Succeed("--max", "1.5");
        Assert.Equal(new Tokens(1_500_000), _hub.Tasks.Values.Single().Request.Budget);
    }

    [Fact]
    public async Task Events_are_followed_across_cuts()
    {
        _hub.CutEvents = 2;
        await Succeed();
        Assert.Equal(3, _hub.Requests.Count(r => r.EndsWith("/events", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task With_json_there_is_one_document_on_standard_output_and_nothing_beside_it()
    {
        await Succeed("--json", "--split", "count:2", "--out", "results");
        using var document = JsonDocument.Parse(_cli.Out);
        Assert.Equal("Completed", document.RootElement.GetProperty("phase").GetString());
        Assert.Equal(1000, document.RootElement.GetProperty("cost").GetInt64());
        Assert.Equal("attic", document.RootElement.GetProperty("parts")[1].GetProperty("nodeName").GetString());
        Assert.Equal("", _cli.Error);
    }

    private async Task Succeed(params string[] more)
    {
        var code = await Run(more);
        Assert.True(code == 0, $"exit code {code}: {_cli.Error}");
    }

    private Task<int> Run(params string[] more) => _cli.RunAsync(["run", "wasm", "program.wasm", .. more]);
}
