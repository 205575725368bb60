using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Client.Results;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Tests.Cli;

/// <summary>Results by record, what describes them, and how a change is found.</summary>
public sealed class ManifestSpecs : SignedUp
{
    [Theory]
    [InlineData("csv", "x,y\n1,\"a\nb\"\n2,c\n3,d\n", "x,y\n1,\"a\nb\"\n2,c\n3,d\n")]
    [InlineData("jsonl", "{\"x\":1}\n{\"x\":2}\n{\"x\":3}", "{\"x\":1}\n{\"x\":2}\n{\"x\":3}\n")]
    public async Task Records_cut_and_joined_are_the_table(string format, string table, string merged)
    {
        Folder.Write($"table.{format}", table);
        await Succeed("--input", $"table.{format}", "--split", "records:1", "--merge", format, "--out", "results");
        Assert.Equal(merged, await File.ReadAllTextAsync(Folder["results/stdout"]));
        Assert.Equal(3, Assert.Single(Hub.Tasks.Values).Parts.Count);
        await Succeed("--input", $"table.{format}", "--split", $"records:1:{format}", "--merge", format);
        Assert.Equal(merged, Encoding.UTF8.GetString(Cli.Stdout));
    }

    [Fact]
    public async Task Output_that_is_not_records_names_the_part_and_can_be_fetched_as_it_is()
    {
        Folder.Write("table.csv", "x\n1\n2\n");
        Hub.Node.Program = process => process.Stdout.Write(Encoding.UTF8.GetBytes($"other{process.Part}\n1\n"));
        Assert.Equal(3, await Run("--input", "table.csv", "--split", "records:1", "--merge", "csv", "--out", "results"));
        Assert.Contains("part-00001 has another header line than part-00000", Cli.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Folder["results/stdout"]));
        var task = Assert.Single(Hub.Tasks).Key.ToString();
        Assert.Equal(0, await Cli.RunAsync("task", "result", task, "--out", "results", "--merge", "none"));
        Assert.True(File.Exists(Folder["results/part-00001/stdout"]));
    }

    [Fact]
    public async Task The_manifest_names_every_file_its_hash_and_who_made_it()
    {
        Folder.Write("data/a.txt", "A");
        Folder.Write("data/b.txt", "BB");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");

        // The members' names are what other programs read: they stay.
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(Folder["results/manifest.json"]));
        var root = json.RootElement;
        Assert.Equal(["version", "task", "merge", "parts", "files"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, Assert.Single(Hub.Tasks).Key.ToString(), "concat"), (root.GetProperty("version").GetInt32(), root.GetProperty("task").GetString(), root.GetProperty("merge").GetString()));
        Assert.All(root.GetProperty("parts").EnumerateArray(), p => Assert.Equal(["part", "attempt", "node", "result"], p.EnumerateObject().Select(m => m.Name)));
        var file = root.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "data/b.txt");
        Assert.Equal(["path", "size", "sha256", "part", "attempt", "node"], file.EnumerateObject().Select(m => m.Name));
        Assert.Equal((2, 1), (file.GetProperty("size").GetInt64(), file.GetProperty("part").GetInt32()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("BB"u8)), file.GetProperty("sha256").GetString());
        Assert.Equal(Hub.Node.Info.Node.ToString(), file.GetProperty("node").GetString());
        var joined = root.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "stdout");
        Assert.Equal(["path", "size", "sha256"], joined.EnumerateObject().Select(m => m.Name));
        foreach (var part in root.GetProperty("parts").EnumerateArray())
            Assert.Contains(BlobId.Parse(part.GetProperty("result").GetProperty("id").GetString()!), Hub.Blobs.Keys);
    }

    [Fact]
    public async Task A_changed_a_missing_and_a_moved_file_are_found_later()
    {
        Folder.Write("data/a.txt", "A");
        Folder.Write("data/b.txt", "B");
        Folder.Write("data/c.txt", "C");
        Folder.Write("data/d.txt", "D");
        await Succeed("--input", "data", "--split", "files:1", "--out", "results");
        Assert.Equal(0, await Cli.RunAsync("task", "check", "results"));
        Assert.Contains("5 files", Cli.Out, StringComparison.Ordinal);

        Folder.Write("results/data/a.txt", "X");
        File.Delete(Folder["results/data/b.txt"]);
        File.Move(Folder["results/data/c.txt"], Folder["elsewhere"]);
        File.CreateSymbolicLink(Folder["results/data/c.txt"], Folder["elsewhere"]);
        Folder.Write("results/data/d.txt", "DD");
        Folder.Write("results/own-notes.txt", "not a result");
        Assert.Equal(5, await Cli.RunAsync("task", "check", "results", "--json"));

        using var json = JsonDocument.Parse(Cli.Out);
        Assert.Equal(
            ["data/a.txt has another content", "data/b.txt is missing", "data/c.txt became a link", "data/d.txt has 2 bytes, not 1"],
            json.RootElement.GetProperty("troubles").EnumerateArray().Select(t => $"{t.GetProperty("path").GetString()} {t.GetProperty("what").GetString()}"));
    }

    [Fact]
    public async Task A_manifest_that_leads_elsewhere_or_is_newer_is_not_followed()
    {
        await Succeed("--split", "count:1", "--out", "results");
        var path = Folder["results/manifest.json"];
        var text = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, text.Replace("\"stdout\"", "\"../program.wasm\"", StringComparison.Ordinal));
        Assert.Equal("has a path that leads elsewhere", Assert.Single(await ResultManifest.Read(Folder["results"]).Value.CheckAsync(Folder["results"])).What);
        await File.WriteAllTextAsync(path, text.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        Assert.Equal(2, await Cli.RunAsync("task", "check", "results"));
        Assert.Equal(3, await Cli.RunAsync("task", "check", "home"));
    }
}
