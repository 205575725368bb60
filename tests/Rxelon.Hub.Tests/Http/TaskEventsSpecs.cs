using Rxelon.Client.Hub;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

/// <summary>A hub of its own: mock nodes take the place of the edge.</summary>
public sealed class TaskEventsSpecs(RunningHub hub) : IClassFixture<RunningHub>
{
    [Fact]
    public async Task A_watcher_hears_the_present_state_first_and_the_end_last()
    {
        using var user = await hub.NewUserAsync();
        var task = await user.SubmitAsync(parts: 5);
        using var client = new HubClient(HubAddress.Parse(hub.Http.BaseAddress!.ToString()).Value, user.ApiKey, TimeProvider.System);
        var heard = new List<TaskNewsInfo>();
        await foreach (var news in client.WatchAsync(task))
        {
            if (heard.Count == 0)
                hub.AttachNodes(answers: true);
            heard.Add(news.Value);
        }

        Assert.Equal(5, heard[0].Changed.Count);
        Assert.Equal(0, heard[0].PartsAccepted);
        Assert.Equal(("Completed", 5), (heard[^1].Phase, heard[^1].PartsAccepted));
        Assert.True(heard[^1].Cost > Tokens.Zero);

        var again = new List<TaskNewsInfo>();
        await foreach (var news in client.WatchAsync(task))
            again.Add(news.Value);
        Assert.Equal("Completed", Assert.Single(again).Phase);
    }

    [Fact]
    public async Task Watchers_are_let_go_when_they_leave_and_when_the_hub_stops()
    {
        using var user = await hub.NewUserAsync();
        var request = await user.PrepareAsync(1, s => s with { Placement = new() { Regions = ["nowhere"] } });
        (await user.PostAsync("/v1/tasks", request)).AssertStatus(201);
        using var response = await user.Http.GetAsync($"/v1/tasks/{request.Task}/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("id: 1", await reader.ReadLineAsync());
        Assert.Equal("event: task", await reader.ReadLineAsync());

        // The stream is open; stopping must not wait for it.
        var since = System.Diagnostics.Stopwatch.StartNew();
        await hub.StopAsync();
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(30), $"stopping took {since.Elapsed}");
        await hub.StartAsync();
        using var back = new TestUser(hub.Http.BaseAddress!);
        back.Use(user.ApiKey);
        Assert.Equal(request.Task, (await back.GetAsync($"/v1/tasks/{request.Task}")).AssertStatus(200).Read<TaskResponse>().Summary.Task);
    }
}
