using System.Text;
using System.Text.Json;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Cli;

public sealed class RoundTripSpecs : SignedUp
{
    [Fact]
    public async Task Lines_come_back_in_order_on_standard_output()
    {
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}\n"));
        Folder.Write("text.txt", text);
        await Succeed("--input", "text.txt", "--split", "lines:7");
        Assert.Equal(text, Encoding.UTF8.GetString(Cli.Stdout));
        Assert.Equal(15, Assert.Single(Hub.Tasks.Values).Parts.Count);
    }

    [Fact]
    public async Task The_report_names_the_node_the_price_and_the_duration()
    {
        await Succeed();
        Assert.Contains("attic", Cli.Error, StringComparison.Ordinal);
        Assert.Contains("0.001 tokens", Cli.Error, StringComparison.Ordinal);
        Assert.Contains("250 ms", Cli.Error, StringComparison.Ordinal);
        Assert.Contains("at most 1.5 tokens", Cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_readable_reaches_the_hub()
    {
        const string marker = "PLAINTEXT-MARKER";
        Folder.Write("secret.txt", $"{marker}\n");
        Folder.Write("program.wasm", marker);
        Cli.Variables["TOKEN"] = marker;
        await Succeed("--input", "secret.txt", "--env", $"A={marker}", "--secret", "TOKEN", "--", marker);
        var seen = Hub.Blobs.Values.Append(Assert.Single(Hub.Tasks.Values).Request.Spec).Append(Hub.Tasks.Values.Single().Request.VaultKey!);
        Assert.DoesNotContain(seen, blob => Encoding.Latin1.GetString(blob).Contains(marker, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_program_gets_module_arguments_environment_and_secrets()
    {
        FakeProcess? seen = null;
        Hub.Node.Program = process => seen = process;
        Cli.Variables["TOKEN"] = "t0p";
        await Succeed("--env", "A=1", "--env", "B=x=y", "--secret", "TOKEN", "--", "--tile", "{part}");
        Assert.Equal("(module)", seen!.Program.Module.ToStringUtf8());
        Assert.Equal(["--tile", "{part}"], seen.Program.Args);
        Assert.Equal([("A", "1"), ("B", "x=y"), ("TOKEN", "t0p")], seen.Program.Env.OrderBy(e => e.Key).Select(e => (e.Key, e.Value)));
    }

    [Fact]
    public async Task A_missing_secret_is_named_before_anything_is_sent()
    {
        Assert.Equal(3, await Run("--secret", "NOT_SET"));
        Assert.Contains("NOT_SET", Cli.Error, StringComparison.Ordinal);
        Assert.Empty(Hub.Blobs);
    }

    [Fact]
    public async Task Files_and_folders_come_back_as_one_tree()
    {
        Folder.Write("data/a.txt", "A");
        Folder.Write("data/deep/b.txt", "B");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");
        Assert.Equal("A", await File.ReadAllTextAsync(Folder["results/data/a.txt"]));
        Assert.Equal("B", await File.ReadAllTextAsync(Folder["results/data/deep/b.txt"]));
        Assert.Empty(Directory.EnumerateDirectories(Folder["results"], ".rxelon*"));
    }

    [Fact]
    public async Task Files_of_the_same_name_stay_in_their_part()
    {
        Hub.Node.Program = process => process.Out["same.txt"] = Encoding.UTF8.GetBytes($"{process.Part}");
        await Succeed("--split", "count:3", "--out", "results");
        Assert.Equal("2", await File.ReadAllTextAsync(Folder["results/part-00002/same.txt"]));
        Assert.False(File.Exists(Folder["results/same.txt"]));
    }

    [Fact]
    public async Task Unmerged_results_have_a_folder_per_part()
    {
        Folder.Write("text.txt", "a\nb\n");
        await Succeed("--input", "text.txt", "--split", "lines:1", "--merge", "none", "--out", "results");
        Assert.Equal("b\n", await File.ReadAllTextAsync(Folder["results/part-00001/stdout"]));
    }

    [Fact]
    public async Task A_large_input_from_standard_input_makes_the_round_trip()
    {
        Cli.Stdin = new byte[3_000_000];
        System.Security.Cryptography.RandomNumberGenerator.Fill(Cli.Stdin);
        await Succeed("--input", "-", "--split", "bytes:2MB");
        Assert.Equal(Cli.Stdin, Cli.Stdout);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder["home/journal"]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder["home/downloads"]));
    }

    [Fact]
    public async Task Every_cipher_makes_the_round_trip()
    {
        Folder.Write("text.txt", "hello\n");
        foreach (var cipher in (string[])["aes-256-gcm", "chacha20-poly1305", "aes-256-gcm-siv"])
        {
            await Succeed("--input", "text.txt", "--split", "lines:1", "--cipher", cipher);
            Assert.Equal("hello\n", Encoding.UTF8.GetString(Cli.Stdout));
        }
    }

    [Fact]
    public async Task Results_open_on_another_machine_that_has_the_account_file()
    {
        Folder.Write("text.txt", "hello\n");
        await Succeed("--input", "text.txt", "--split", "lines:1", "--detach", "--quiet");
        var task = Cli.Out.Trim();
        Assert.True(TaskId.TryParse(task, out _), task);
        Cli.Variables["RXELON_PASSPHRASE"] = "correct horse";
        Assert.Equal(0, await Cli.RunAsync("account", "export", "--out", "account.json", "--protect"));
        var elsewhere = new CliRun(Folder);
        elsewhere.Variables["RXELON_HOME"] = Folder["elsewhere"];
        elsewhere.Variables["RXELON_PASSPHRASE"] = "correct horse";
        Assert.Equal(0, await elsewhere.RunAsync("account", "import", "account.json"));
        Assert.Equal(0, await elsewhere.RunAsync("task", "result", task));
        Assert.Equal("hello\n", Encoding.UTF8.GetString(elsewhere.Stdout));
    }

    [Fact]
    public async Task A_changed_result_is_found_before_it_is_decrypted_and_leaves_no_file()
    {
        await Succeed("--detach", "--quiet", "--split", "count:2");
        var part = Hub.Tasks.Values.Single().Parts[1];
        Hub.Blobs[part.Result!.Value.Id][^1] ^= 1;
        Assert.Equal(5, await Cli.RunAsync("task", "result", Cli.Out.Trim(), "--out", "results"));
        Assert.Contains(FaultCodes.HashMismatch, Cli.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder["results"]));
    }

    [Fact]
    public async Task A_result_of_another_part_does_not_open()
    {
        await Succeed("--detach", "--quiet", "--split", "count:2");
        var task = Hub.Tasks.Values.Single();
        task.Parts[1] = task.Parts[1] with { Result = task.Parts[0].Result };
        Assert.Equal(5, await Cli.RunAsync("task", "result", Cli.Out.Trim(), "--out", "results"));
        Assert.Contains(FaultCodes.DecryptFailed, Cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_by_the_hub_is_told_with_its_code()
    {
        Hub.Refusal = new ProblemInfo("about:blank", "No money", 402, "The account has 0 tokens.", FaultCodes.InsufficientFunds, false, null);
        Assert.Equal(3, await Run());
        Assert.Contains("insufficient-funds", Cli.Error, StringComparison.Ordinal);
        Assert.Contains("The account has 0 tokens.", Cli.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder["home/journal"]));
    }

    [Fact]
    public async Task A_limit_below_the_quote_stops_before_anything_is_sent()
    {
        Assert.Equal(3, await Run("--max", "1.4"));
        Assert.Contains(FaultCodes.BudgetExceeded, Cli.Error, StringComparison.Ordinal);
        Assert.Empty(Hub.Blobs);
        await Succeed("--max", "1.5");
        Assert.Equal(new Tokens(1_500_000), Hub.Tasks.Values.Single().Request.Budget);
    }

    [Fact]
    public async Task Events_are_followed_across_cuts()
    {
        Hub.CutEvents = 2;
        await Succeed();
        Assert.Equal(3, Hub.Requests.Count(r => r.EndsWith("/events", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task With_json_there_is_one_document_on_standard_output_and_nothing_beside_it()
    {
        await Succeed("--json", "--split", "count:2", "--out", "results");
        using var document = JsonDocument.Parse(Cli.Out);
        Assert.Equal("Completed", document.RootElement.GetProperty("phase").GetString());
        Assert.Equal(1000, document.RootElement.GetProperty("cost").GetInt64());
        Assert.Equal("attic", document.RootElement.GetProperty("parts")[1].GetProperty("nodeName").GetString());
        Assert.Equal("", Cli.Error);
    }
}
