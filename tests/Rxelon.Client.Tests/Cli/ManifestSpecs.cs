using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Client.Results;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Tests.Cli;

/// <summary>Results by record, what describes them, and how a change is found.</summary>
public sealed class ManifestSpecs : IAsyncLifetime
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

    [Theory]
    [InlineData("csv", "x,y\n1,\"a\nb\"\n2,c\n3,d\n", "x,y\n1,\"a\nb\"\n2,c\n3,d\n")]
    [InlineData("jsonl", "{\"x\":1}\n{\"x\":2}\n{\"x\":3}", "{\"x\":1}\n{\"x\":2}\n{\"x\":3}\n")]
    public async Task Records_cut_and_joined_are_the_table(string format, string table, string merged)
    {
        _folder.Write($"table.{format}", table);
        await Succeed("--input", $"table.{format}", "--split", "records:1", "--merge", format, "--out", "results");
        Assert.Equal(merged, await File.ReadAllTextAsync(_folder["results/stdout"]));
        Assert.Equal(3, Assert.Single(_hub.Tasks.Values).Parts.Count);
        await Succeed("--input", $"table.{format}", "--split", $"records:1:{format}", "--merge", format);
        Assert.Equal(merged, Encoding.UTF8.GetString(_cli.Stdout));
    }

    [Fact]
    public async Task Output_that_is_not_records_names_the_part_and_can_be_fetched_as_it_is()
    {
        _folder.Write("table.csv", "x\n1\n2\n");
        _hub.Node.Program = process => process.Stdout.Write(Encoding.UTF8.GetBytes($"other{process.Part}\n1\n"));
        Assert.Equal(3, await Run("--input", "table.csv", "--split", "records:1", "--merge", "csv", "--out", "results"));
        Assert.Contains("part-00001 has another header line than part-00000", _cli.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["results/stdout"]));
        var task = Assert.Single(_hub.Tasks).Key.ToString();
        Assert.Equal(0, await _cli.RunAsync("task", "result", task, "--out", "results", "--merge", "none"));
        Assert.True(File.Exists(_folder["results/part-00001/stdout"]));
    }

    [Fact]
    public async Task The_manifest_names_every_file_its_hash_and_who_made_it()
    {
        _folder.Write("data/a.txt", "A");
        _folder.Write("data/b.txt", "BB");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");

        // The members' names are what other programs read: they stay.
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder["results/manifest.json"]));
        var root = json.RootElement;
        Assert.Equal(["version", "task", "merge", "parts", "files"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, Assert.Single(_hub.Tasks).Key.ToString(), "concat"), (root.GetProperty("version").GetInt32(), root.GetProperty("task").GetString(), root.GetProperty("merge").GetString()));
        Assert.All(root.GetProperty("parts").EnumerateArray(), p => Assert.Equal(["part", "attempt", "node", "result"], p.EnumerateObject().Select(m => m.Name)));
        var file = root.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "data/b.txt");
        Assert.Equal(["path", "size", "sha256", "part", "attempt", "node"], file.EnumerateObject().Select(m => m.Name));
        Assert.Equal((2, 1), (file.GetProperty("size").GetInt64(), file.GetProperty("part").GetInt32()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("BB"u8)), file.GetProperty("sha256").GetString());
        Assert.Equal(_hub.Node.Info.Node.ToString(), file.GetProperty("node").GetString());
        var joined = root.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "stdout");
        Assert.Equal(["path", "size", "sha256"], joined.EnumerateObject().Select(m => m.Name));
        foreach (var part in root.GetProperty("parts").EnumerateArray())
            Assert.Contains(BlobId.Parse(part.GetProperty("result").GetProperty("id").GetString()!), _hub.Blobs.Keys);
    }

    [Fact]
    public async Task A_changed_a_missing_and_a_moved_file_are_found_later()
    {
        _folder.Write("data/a.txt", "A");
        _folder.Write("data/b.txt", "B");
        _folder.Write("data/c.txt", "C");
        _folder.Write("data/d.txt", "D");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");
        Assert.Equal(0, await _cli.RunAsync("task", "check", "results"));
        Assert.Contains("5 files", _cli.Out, StringComparison.Ordinal);

        _folder.Write("results/data/a.txt", "X");
        File.Delete(_folder["results/data/b.txt"]);
        File.Move(_folder["results/data/c.txt"], _folder["elsewhere"]);
        File.CreateSymbolicLink(_folder["results/data/c.txt"], _folder["elsewhere"]);
        _folder.Write("results/data/d.txt", "DD");
        _folder.Write("results/own-notes.txt", "not a result");
        Assert.Equal(5, await _cli.RunAsync("task", "check", "results", "--json"));

        using var json = JsonDocument.Parse(_cli.Out);
        Assert.Equal(
            ["data/a.txt has another content", "data/b.txt is missing", "data/c.txt became a link", "data/d.txt has 2 bytes, not 1"],
            json.RootElement.GetProperty("troubles").EnumerateArray().Select(t => $"{t.GetProperty("path").GetString()} {t.GetProperty("what").GetString()}"));
    }

    [Fact]
    public async Task A_manifest_that_leads_elsewhere_or_is_newer_is_not_followed()
    {
        await Succeed("--split", "count:1", "--out", "results");
        var path = _folder["results/manifest.json"];
        var text = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, text.Replace("\"stdout\"", "\"../program.wasm\"", StringComparison.Ordinal));
        Assert.Equal("has a path that leads elsewhere", Assert.Single(await ResultManifest.Read(_folder["results"]).Value.CheckAsync(_folder["results"])).What);
        await File.WriteAllTextAsync(path, text.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        Assert.Equal(2, await _cli.RunAsync("task", "check", "results"));
        Assert.Equal(3, await _cli.RunAsync("task", "check", "home"));
    }

    private Task<int> Run(params string[] args) => _cli.RunAsync(["run", "wasm", "program.wasm", .. args]);

    private async Task Succeed(params string[] args)
    {
        var code = await Run(args);
        Assert.True(code == 0, _cli.Error);
    }
}
