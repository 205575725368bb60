using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;
using Microsoft.Data.Sqlite;
using Rxelon.Drills;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>The whole way: the user's command line, a hub, two nodes, real sandboxes, money.</summary>
[Collection(SharedNetwork.Name)]
public sealed class EndToEndSpecs(RunningNetwork net)
{
    private static readonly string Samples = Path.Combine(Repository.Root, "samples");

    [Fact]
    public async Task Words_counted_in_parts_on_two_nodes_are_those_that_one_machine_counts()
    {
        var module = Path.Combine(Samples, "wordstats", "wordstats.wasm");
        var (counts, report) = (Folder("counts"), Folder("report"));

        var counted = await net.TaskAsync("submit", "-f", Path.Combine(Samples, "wordstats", "task.yaml"), "--out", counts);
        var merged = await net.TaskAsync("run", "wasm", module, "--input", counts, "--out", report, "--", "merge");

        Assert.Equal(2, counted.GetProperty("parts").EnumerateArray().Select(p => p.GetProperty("nodeName").GetString()).Distinct().Count());
        Assert.Equal("Completed", merged.GetProperty("phase").GetString());
        var first = await LocallyAsync(module, ["--stdin", FirstLines(25)], "count");
        Assert.Equal(first, await File.ReadAllTextAsync(Path.Combine(counts, "part-00000", "stdout")));
        File.Delete(Path.Combine(counts, "manifest.json")); // the client leaves it out of inputs, the bare sandbox takes a folder as it is
        Assert.Equal(await LocallyAsync(module, ["--in", counts], "merge"), await File.ReadAllTextAsync(Path.Combine(report, "stdout")));
        Assert.StartsWith("9 parts, 202 lines, 1607 words", await File.ReadAllTextAsync(Path.Combine(report, "stdout")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_drawn_in_bands_has_the_published_hash()
    {
        var folder = Path.Combine(Samples, "pathtracer");
        var module = Path.Combine(folder, "pathtracer.wasm");
        var (bands, picture) = (Folder("bands"), Folder("picture"));
        var published = Regex.Match(await File.ReadAllTextAsync(Path.Combine(folder, "README.md")), "(?<=`96 54`.{0,80})[0-9a-f]{64}", RegexOptions.Singleline);
        Assert.True(published.Success, "README.md of the sample tells no hash for 96 x 54.");

        await net.TaskAsync("run", "wasm", module, "--split", "count:5", "--merge", "none", "--out", bands, "--", "band", "96", "54", "32", "{part}", "{parts}");
        await net.TaskAsync("run", "wasm", module, "--input", bands, "--out", picture, "--", "join", "96", "54");

        var png = Directory.GetFiles(picture, "image.png", SearchOption.AllDirectories).Single();
        Assert.Equal(published.Value, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(png))));
    }

    [Fact]
    public async Task A_container_program_gets_its_input_and_delivers_its_output()
    {
        using var engine = Engine.Connect();
        var image = await Engine.ImportAsync(engine);
        var (input, output) = (Folder("container-in"), Folder("container-out"));
        await File.WriteAllTextAsync(Path.Combine(input, "numbers.txt"), "1\n2\n39\n");

        await net.TaskAsync(
            "run", "docker", image, "--input", Path.Combine(input, "numbers.txt"), "--env", "UNIT=apples", "--out", output, "--cpu", "0.5", "--memory", "64MiB", "--",
            "/bin/busybox", "sh", "-c", "busybox awk '{ s += $1 } END { print s, ENVIRON[\"UNIT\"] }' /in/numbers.txt; id -u; echo made here > /out/made.txt");

        Assert.Equal("42 apples\n65534\n", await File.ReadAllTextAsync(Path.Combine(output, "stdout")));
        Assert.Equal("made here\n", await File.ReadAllTextAsync(Path.Combine(output, "made.txt")));
    }

    /// <summary>As the engine saves it; afterwards only the user has it.</summary>
    [Fact]
    public async Task An_image_that_only_the_user_has_travels_with_the_task_and_is_nobody_elses()
    {
        using var engine = Engine.Connect();
        var (id, file) = (await BusyboxImage.ImportAsync(engine, "rxelon-shipped", $"ENV ONLY={Guid.NewGuid():N}"), Path.Combine(Folder("image"), "image.tar"));
        await using (var saved = File.Create(file))
        await using (var image = await engine.Images.SaveImageAsync(id))
            await image.CopyToAsync(saved);
        await engine.Images.DeleteImageAsync(id, new ImageDeleteParameters { Force = true });
        var output = Folder("image-out");

        await net.TaskAsync("run", "docker", file, "--split", "count:3", "--out", output, "--memory", "64MiB", "--", "/bin/sh", "-c", "echo $ONLY");

        Assert.Equal(3 * 33, (await File.ReadAllTextAsync(Path.Combine(output, "stdout"))).Length);

        // The nodes share an engine here, and only the one that took the image knows that it is not to be found.
        await Eventually.TrueAsync("the image gone", RunningNetwork.Patience, async () =>
            (await engine.Images.ListImagesAsync(new ImagesListParameters { All = true })).All(i => i.ID != id));
        var others = await net.CliAsync(RunningNetwork.User, "run", "docker", id, "--deadline", "1s", "--", "/bin/sh");
        Assert.NotEqual(0, others.Code);
    }

    [Fact]
    public async Task A_program_in_virtual_machines_delivers_its_parts()
    {
        var manifest = await File.ReadAllBytesAsync(Path.Combine(VmImageFolder.Required, "manifest.json"));
        var output = Folder("machines");

        await net.TaskAsync(
            "run", "vm", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(manifest))}", "--split", "count:2", "--memory", "32MiB", "--disk", "8MiB", "--out", output, "--",
            "/primes.sh", "{part}", "{parts}", "2000");

        Assert.Equal("primes from 0 below 1000: 168\nprimes from 1000 below 2000: 135\n", await File.ReadAllTextAsync(Path.Combine(output, "stdout")));
        Assert.Equal("997\n", await File.ReadAllTextAsync(Path.Combine(output, "largest-0")));
    }

    [Fact]
    public async Task What_the_user_pays_is_what_operator_and_treasury_get()
    {
        var before = await net.BalancesAtRestAsync();

        var task = await net.TaskAsync("run", "wasm", TellAll(), "--split", "count:6", "--out", Folder("paid"));

        var after = await net.BalancesAtRestAsync();
        var cost = new Tokens(task.GetProperty("cost").GetInt64());
        Assert.True(cost > Tokens.Zero, "The task was free.");
        Assert.Equal(before.User - cost, after.User);
        Assert.Equal(before.Operator + before.Treasury + cost, after.Operator + after.Treasury);
        Assert.True(after.Operator > before.Operator && after.Treasury >= before.Treasury, "Somebody was not paid.");
    }

    [Fact]
    public async Task A_deleted_task_leaves_no_ciphertext_and_its_whole_history()
    {
        var input = Path.Combine(Folder("large"), "noise");
        await File.WriteAllBytesAsync(input, RandomNumberGenerator.GetBytes(300_000));
        var report = await net.TaskAsync("run", "wasm", TellAll(), "--input", input, "--out", Folder("large-out"));
        var task = TaskId.Parse(report.GetProperty("task").GetString()!);
        await net.SeeTaskAsync(task, "settled", t => t.Settled);
        var shown = (await net.Hub.TaskAsync(task)).Value;
        var blobs = new[] { shown.Program.Id, shown.Parts[0].Input!.Value.Id, shown.Parts[0].Result!.Value.Id };
        Assert.All(blobs, b => Assert.True(OnDisk(b), $"{b} was never on disk."));
        var history = JournalRows(task);

        var deleted = await net.CliAsync(RunningNetwork.User, "task", "delete", task.ToString());

        Assert.True(deleted.Code == 0, deleted.ToString());
        await Eventually.TrueAsync("the ciphertext gone", RunningNetwork.Patience, () => Task.FromResult(!blobs.Any(OnDisk)));
        Assert.True((await net.Hub.TaskAsync(task)).Value.Erased);
        Assert.True(history >= 4 && JournalRows(task) > history, $"{history} events became {JournalRows(task)}.");
        var again = await net.CliAsync(RunningNetwork.User, "task", "result", task.ToString(), "--out", Folder("large-again"));
        Assert.NotEqual(0, again.Code);
    }

    [Fact]
    public async Task A_closed_account_cannot_be_used_any_more_and_its_tasks_are_erased()
    {
        var id = await net.OpenAccountAsync("leaver");
        await net.Network.PbmAsync("accounts", "grant", "-account", id.ToString(), "-amount", "5");
        var run = await net.CliAsync("leaver", "--json", "run", "wasm", TellAll(), "--out", Folder("leaver-out"), "--", "farewell");
        Assert.True(run.Code == 0, run.ToString());
        var task = JsonDocument.Parse(run.Out).RootElement.GetProperty("task").GetString();
        var (hub, keys) = net.LogIn("leaver");
        using (hub)
        using (keys)
        {
            var program = (await hub.TaskAsync(TaskId.Parse(task!))).Value.Program.Id;
            var unsure = await net.CliAsync("leaver", "account", "close");
            Assert.True(unsure.Code != 0 && unsure.Error.Contains("--yes", StringComparison.Ordinal), unsure.ToString());
            Assert.True((await hub.AccountAsync()).IsOk);
            var closed = await net.CliAsync("leaver", "account", "close", "--yes");
            Assert.True(closed.Code == 0, closed.ToString());
            await Eventually.TrueAsync("the key refused", RunningNetwork.Patience, async () => (await hub.AccountAsync()).Fault?.Code == FaultCodes.Unauthorized);
            await Eventually.TrueAsync("its ciphertext gone", RunningNetwork.Patience, () => Task.FromResult(!OnDisk(program)));
        }

        Assert.Contains("closed", (await net.Network.PbmAsync("accounts", "list")).Split('\n').Single(l => l.Contains(id.ToString(), StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_further_API_key_works_until_it_is_removed()
    {
        await net.OpenAccountAsync("keyed");
        var added = await net.CliAsync("keyed", "--json", "account", "key", "add", "backup");
        Assert.True(added.Code == 0, added.ToString());
        using var answer = JsonDocument.Parse(added.Out);
        using var http = new HttpClient { BaseAddress = net.Network.HubUrl };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.RootElement.GetProperty("apiKey").GetString());
        using (var works = await http.GetAsync("v1/account"))
            Assert.True(works.IsSuccessStatusCode, $"{works.StatusCode}");

        var removed = await net.CliAsync("keyed", "account", "key", "remove", answer.RootElement.GetProperty("id").GetString()!);

        Assert.True(removed.Code == 0, removed.ToString());
        using var gone = await http.GetAsync("v1/account");
        Assert.Equal(HttpStatusCode.Unauthorized, gone.StatusCode);
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(net.Network.Directory, "e2e", name)).FullName;

    private string TellAll() => Wat.Module(Folder("programs"), "tell-all", Wat.TellAll);

    private string FirstLines(int count)
    {
        var path = Path.Combine(Folder("lines"), "first");
        File.WriteAllLines(path, File.ReadLines(Path.Combine(Repository.Root, "LICENSE")).Take(count));
        return path;
    }

    private async Task<string> LocallyAsync(string module, string[] options, string mode)
    {
        var run = await net.Network.NodeAsync(["try", "wasm", module, .. options, "--", mode]);
        Assert.True(run.Code == 0, run.ToString());
        return run.Out;
    }

    private bool OnDisk(BlobId blob) => BlobFolder.Holds(net.Network.HubData, blob);

    private long JournalRows(TaskId task)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(net.Network.HubData, "journal.db")};Mode=ReadOnly");
        connection.Open();
        using var query = connection.CreateCommand();
        query.CommandText = "SELECT COUNT(*) FROM journal WHERE persistence_id = $id";
        query.Parameters.AddWithValue("$id", $"task-{task}");
        return (long)query.ExecuteScalar()!;
    }
}
