using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rxelon.Client.Hub;
using Rxelon.Hub.Live;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

/// <summary>A hub of its own: mock nodes take the place of the edge, and logs are written as sessions write them.</summary>
public sealed class TaskLogsSpecs : IAsyncLifetime
{
    private readonly RunningHub _hub = new();

    private ILogStore Logs => _hub.Host.Services.GetRequiredService<ILogStore>();

    private IProgressBoard Board => _hub.Host.Services.GetRequiredService<IProgressBoard>();

    public Task InitializeAsync()
    {
        _hub.Options.LogSweep = TimeSpan.FromMilliseconds(200);
        return _hub.InitializeAsync();
    }

    public Task DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task The_owner_reads_a_log_from_any_chunk_on_and_nobody_else_learns_that_there_is_one()
    {
        using var user = await _hub.NewUserAsync();
        using var stranger = await _hub.NewUserAsync();
        var task = await user.SubmitAsync();
        await WriteAsync(task, 3);

        var list = (await user.GetAsync($"/v1/tasks/{task}/logs")).AssertStatus(200).Read<TaskLogsResponse>();
        Assert.Equal((0, 1, 3u), list.Attempts.Select(a => (a.Part, a.Attempt, a.Next)).Single());
        Assert.Contains(list.Phase, (string[])["Submitted", "Queued"]);
        Assert.Equal((uint[])[0u, 1u, 2u], await NumbersAsync(user, task));
        Assert.Equal((uint[])[2u], await NumbersAsync(user, task, "?from=2"));
        Assert.Empty(await NumbersAsync(user, task, "?from=3"));
        foreach (var path in (string[])[$"/v1/tasks/{task}/logs", $"/v1/tasks/{task}/parts/0/attempts/1/log"])
            (await stranger.GetAsync(path)).AssertProblem(404, FaultCodes.NotFound);
        (await Answer.OfAsync(_hub.Http.GetAsync($"/v1/tasks/{task}/logs"))).AssertProblem(401, FaultCodes.Unauthorized);

        await _hub.StopAsync();
        await _hub.StartAsync();
        using var back = new TestUser(_hub.Http.BaseAddress!);
        back.Use(user.ApiKey);
        Assert.Equal((uint[])[0u, 1u, 2u], await NumbersAsync(back, task));
    }

    [Fact]
    public async Task Waiting_ends_with_the_next_chunk_and_with_the_task()
    {
        using var user = await _hub.NewUserAsync();
        var task = await user.SubmitAsync();
        await WriteAsync(task, 1);
        var size = (await user.GetAsync($"/v1/tasks/{task}/logs")).Read<TaskLogsResponse>().Bytes;

        var since = Stopwatch.StartNew();
        var more = user.GetAsync($"/v1/tasks/{task}/logs?after={size}&wait=25");
        var chunk = user.GetAsync($"/v1/tasks/{task}/parts/0/attempts/1/log?from=1&wait=25");
        Assert.Empty(await NumbersAsync(user, task, "?from=1&wait=0"));
        Logs.Append(new AttemptId(task, 0, 1), 1, Encoding.UTF8.GetBytes("more"));

        Assert.True((await more).AssertStatus(200).Read<TaskLogsResponse>().Bytes > size);
        Assert.Equal(1u, LogRecords.Read((await chunk).AssertStatus(200).Body).Single().Number);
        var idle = user.GetAsync($"/v1/tasks/{task}/logs?after=1000000&wait=25");
        (await user.PostAsync($"/v1/tasks/{task}/cancel", "")).AssertStatus(200);
        Assert.Equal("Cancelled", (await idle).Read<TaskLogsResponse>().Phase);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"the answers took {since.Elapsed}");
    }

    [Fact]
    public async Task A_deleted_task_has_no_logs_on_disk()
    {
        using var user = await _hub.NewUserAsync();
        var task = await user.SubmitAsync();
        await WriteAsync(task, 2);
        (await user.PostAsync($"/v1/tasks/{task}/cancel", "")).AssertStatus(200);
        await Eventually.Async(() => user.DeleteAsync($"/v1/tasks/{task}"), a => a.Status == 204);

        await Eventually.TrueAsync("the folder gone", () => !Directory.Exists(FolderOf(task)));
        (await user.GetAsync($"/v1/tasks/{task}/logs")).AssertProblem(410, FaultCodes.Erased);
    }

    [Fact]
    public async Task Logs_go_when_their_own_time_is_over_and_results_stay()
    {
        using var user = await _hub.NewUserAsync();
        var brief = await SubmitAsync(user, new Retention { LogsSeconds = 0 });
        var usual = await SubmitAsync(user, new Retention());
        var shorter = await SubmitAsync(user, new Retention { ResultsSeconds = 0 });
        foreach (var task in (TaskId[])[brief, usual, shorter])
            await WriteAsync(task, 1);

        _hub.AttachNodes(answers: true);
        await Eventually.TrueAsync("the brief ones gone", () => !Directory.Exists(FolderOf(brief)) && !Directory.Exists(FolderOf(shorter)), 60);

        Assert.True(Directory.Exists(FolderOf(usual)));
        var kept = (await user.GetAsync($"/v1/tasks/{brief}")).Read<TaskResponse>();
        Assert.Equal(("Completed", false), (kept.Summary.Phase, kept.Erased));
        Assert.NotNull(kept.Parts.Single().Result);
        Assert.Empty((await user.GetAsync($"/v1/tasks/{brief}/logs")).AssertStatus(200).Read<TaskLogsResponse>().Attempts);
    }

    [Fact]
    public async Task Logs_of_a_task_that_nobody_knows_are_removed()
    {
        // As another process left them: what the running hub writes may be swept before anybody has seen it.
        var unknown = FolderOf(TaskId.FromBytes("nobody-knows-me!"u8));
        Directory.CreateDirectory(unknown);
        await Eventually.TrueAsync("the folder gone", () => !Directory.Exists(unknown));
    }

    [Fact]
    public async Task Logs_cannot_be_kept_longer_than_results()
    {
        using var user = await _hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => s with { Retain = new Retention { ResultsSeconds = 10, LogsSeconds = 11 } });
        (await user.PostAsync("/v1/tasks", request)).AssertProblem(400, FaultCodes.Malformed, "spec.retain.logsSeconds");
    }

    [Fact]
    public async Task What_running_parts_say_is_in_the_tasks_progress_and_its_events()
    {
        using var user = await _hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 4);
        Board.Report(NodeId.FromBytes("a-node-of-a-test"u8), new AttemptId(task, 1, 1), 500);

        Assert.Equal(12, (await user.GetAsync($"/v1/tasks/{task}")).Read<TaskResponse>().Progress?.Percent);
        using var client = new HubClient(HubAddress.Parse(_hub.Http.BaseAddress!.ToString()).Value, user.ApiKey, TimeProvider.System);
        var heard = new List<TaskNewsInfo>();
        await foreach (var news in client.WatchAsync(task))
        {
            heard.Add(news.Value);
            if (heard.Count == 1)
                Board.Report(NodeId.FromBytes("a-node-of-a-test"u8), new AttemptId(task, 1, 1), 750);
            else if (heard.Count == 2)
                _hub.AttachNodes(answers: true);
        }

        Assert.Equal([12, 18, 100], new[] { heard[0], heard[1], heard[^1] }.Select(n => n.Progress!.Percent));
        Assert.Empty(heard[1].Changed);
        Assert.Null(heard[^1].Progress!.EtaSeconds);
    }

    private string FolderOf(TaskId task) => Path.Combine(_hub.Options.DataDirectory, "logs", task.ToString());

    private static async Task<TaskId> SubmitAsync(TestUser user, Retention retain)
    {
        var request = await user.PrepareAsync(1, s => s with { Retain = retain });
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        return request.Task;
    }

    private async Task WriteAsync(TaskId task, uint chunks)
    {
        for (uint i = 0; i < chunks; i++)
            Logs.Append(new AttemptId(task, 0, 1), i, Encoding.UTF8.GetBytes($"chunk {i}"));
        await Eventually.TrueAsync("it written", () => Directory.Exists(FolderOf(task)) && Logs.List(task) is [{ } log] && log.Next == chunks);
    }

    private static async Task<uint[]> NumbersAsync(TestUser user, TaskId task, string query = "")
        => [.. LogRecords.Read((await user.GetAsync($"/v1/tasks/{task}/parts/0/attempts/1/log{query}")).AssertStatus(200).Body).Select(r => r.Number)];
}
