using System.Globalization;
using Rxelon.Client.Profiles;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.System.Tests.Networks;
using Rxelon.System.Tests.Programs;

namespace Rxelon.System.Tests;

/// <summary>
/// Sealed custody with real processes: what the hub has of a task's keys, on disk, in its log, in its memory and on the wire, is nothing. Reading
/// another process's memory needs root, as the rest of these tests does.
/// </summary>
[Collection(SharedNetwork.Name)]
public sealed class CustodySpecs(RunningNetwork net)
{
    private const int Parts = 3;
    private const int Attempts = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(net.Network.Directory, $"custody-{Guid.NewGuid():n}")).FullName;

    [Fact]
    public async Task Of_a_sealed_task_the_hub_has_no_key_on_disk_in_its_log_in_its_memory_or_on_the_wire()
    {
        await using var proxy = new RecordingProxy(net.Network.HubUrl.Port);
        var profile = Behind(proxy);
        var run = await net.Network.CliAsync(profile, Run("--out", Path.Combine(_folder, "out")), Secrets, null, _folder);
        Assert.True(run.Code == 0, run.ToString());
        Assert.Contains("sealed custody", run.Error, StringComparison.Ordinal);
        Assert.Contains("controls that machine", run.Error, StringComparison.Ordinal);

        var task = await TaskAsync(run.Error);
        Assert.Equal(("Completed", Parts), (task.Summary.Phase, task.Summary.PartsAccepted));
        var needles = TaskNeedles.Of(task, net.Keys, Parts, Attempts);
        needles.AssertHubHasNone(net.Network);
        Assert.Empty(needles.Keys.In(proxy.Sent));

        // The same search finds what the hub does have of this task, in each of those places: so it can fail.
        Assert.NotEmpty(needles.Known.In(proxy.Sent));
        await net.Hub.TaskAsync(task.Summary.Task);
        Assert.NotEmpty(needles.Known.InMemory(net.Network.Hub.Id, out _));
    }

    [Fact]
    public async Task The_search_finds_a_task_key_where_one_is_in_the_memory_of_the_client_that_holds_it()
    {
        // Nowhere to run: the command waits as key holder until the test has looked.
        var cli = net.Network.CliAsync(RunningNetwork.User, Run("--region", "nowhere", "--name", "unplaced"), Secrets, null, _folder);
        var task = await SeeAsync("unplaced", t => true);
        var keys = TaskNeedles.Of(task, net.Keys, Parts, Attempts).Keys;
        await Eventually.TrueAsync("K in the client's memory", Patience, () => Task.FromResult(
            Clients(_folder).Any(pid => keys.InMemory(pid, out _).Any(found => found.Contains("K raw", StringComparison.Ordinal)))));
        Assert.Empty(keys.InMemory(net.Network.Hub.Id, out _));
        await net.Hub.CancelAsync(task.Summary.Task);
        Assert.Equal(1, (await cli).Code);
    }

    [Fact]
    public async Task A_task_that_nobody_attends_says_so_and_goes_on_from_another_terminal()
    {
        var submitted = await net.Network.CliAsync(RunningNetwork.User, Run("--detach", "--quiet"), Secrets, null, _folder);
        Assert.True(submitted.Code == 0, submitted.ToString());
        var id = submitted.Out.Trim();
        await Eventually.TrueAsync("waiting for its owner", Patience, async () =>
            (await net.Network.CliAsync(RunningNetwork.User, ["task", "why", id])).Out.Contains("waits for its owner's client to hand over keys", StringComparison.Ordinal));

        var keys = await net.Network.CliAsync(RunningNetwork.User, ["task", "keys", id]);
        Assert.True(keys.Code == 0, keys.ToString());
        Assert.Contains("keys handed over", keys.Error, StringComparison.Ordinal);
        var ended = (await net.Hub.TaskAsync(TaskId.Parse(id))).Value;
        Assert.Equal("Completed", ended.Summary.Phase);
        Assert.All(ended.Parts, p => Assert.Equal(1, p.Attempt)); // waiting cost no attempt
        var result = await net.Network.CliAsync(RunningNetwork.User, ["task", "result", id, "--quiet"]);
        Assert.Contains("input-0", result.Out, StringComparison.Ordinal);

        var receipt = Path.Combine(_folder, "receipt.json");
        var fetched = await net.Network.CliAsync(RunningNetwork.User, ["task", "receipt", id, "--wait", "60s", "--out", receipt]);
        Assert.True(fetched.Code == 0, fetched.ToString());
        var verified = await net.Network.CliAsync(RunningNetwork.User, ["ledger", "verify", receipt]);
        Assert.Contains("sealed by their owner", verified.Out, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Secrets => new() { ["HIDDEN"] = "s" };

    private string[] Run(params string[] more)
    {
        var input = Path.Combine(_folder, "lines.txt");
        File.WriteAllLines(input, Enumerable.Range(0, Parts).Select(i => $"input-{i}"));
        return
        [
            "run", "wasm", Wat.Module(_folder, "tell-all", Wat.TellAll), "--custody", "sealed", "--rotate", "--input", input, "--split", "lines:1",
            "--secret", "HIDDEN", .. more, "--", "argument",
        ];
    }

    /// <summary>The user's account with the hub's address replaced.</summary>
    private string Behind(RecordingProxy proxy)
    {
        var store = new ProfileStore(net.Network.Accounts);
        var profile = $"recorded-{Guid.NewGuid():n}";
        var saved = store.Save(profile, store.Load(RunningNetwork.User).Value with { Hub = proxy.Url.ToString().TrimEnd('/') });
        Assert.Null(saved);
        return profile;
    }

    private async Task<TaskResponse> TaskAsync(string said)
    {
        var word = said.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).First(w => TaskId.TryParse(w, out _));
        return (await net.Hub.TaskAsync(TaskId.Parse(word))).Value;
    }

    private Task<TaskResponse> SeeAsync(string name, Func<TaskResponse, bool> seen)
        => Eventually.SeeAsync(name, Patience, async () =>
            (await net.Hub.TasksAsync()).Value.Tasks.FirstOrDefault(t => t.Name == name) is { } summary
                && (await net.Hub.TaskAsync(summary.Task)) is { IsOk: true } task && seen(task.Value) ? task.Value : null);

    /// <summary>Command lines at work in that folder.</summary>
    private static IEnumerable<int> Clients(string folder)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid))
                continue;
            var isOurs = false;
            try
            {
                isOurs = File.ReadAllText($"{process}/cmdline").Contains("rxelon.dll", StringComparison.Ordinal)
                    && Directory.ResolveLinkTarget($"{process}/cwd", false)?.FullName == folder;
            }
            catch (IOException)
            {
                // It has just ended.
            }

            if (isOurs)
                yield return pid;
        }
    }
}
