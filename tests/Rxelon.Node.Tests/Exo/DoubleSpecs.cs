using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Rxelon.ExoDouble;

namespace Rxelon.Node.Tests.Exo;

/// <summary>The double itself: what it serves is what EXO serves, byte for byte where there is a sample.</summary>
public sealed class DoubleSpecs
{
    private static readonly StringContent Chat = new($"{{\"model\":\"{Golden.Model}\",\"messages\":[{{\"role\":\"user\",\"content\":\"hi\"}}]}}", Encoding.UTF8, "application/json");

    [Fact]
    public async Task State_models_and_errors_are_the_samples()
    {
        await using var exo = await ExoServer.StartAsync();
        using var http = new HttpClient { BaseAddress = exo.Url };

        Assert.Equal(Golden.Read("state.json"), await http.GetStringAsync("state"));
        Assert.Equal(Golden.Read("models.json"), await http.GetStringAsync("v1/models?status=downloaded"));
        Assert.Equal("{\"inBytes\":103079215104}", await http.GetStringAsync($"state/nodeMemory/{Golden.StudioId}/ramTotal"));
        Assert.Equal((404, "{\"error\":{\"message\":\"unable to find path 'x.y' in state json\",\"type\":\"Not Found\",\"param\":null,\"code\":404}}"), await ReadAsync(await http.GetAsync("state/x/y")));
        Assert.Equal((404, "{\"detail\":\"Not Found\"}"), await ReadAsync(await http.GetAsync("health")));
        Assert.Equal((405, "{\"detail\":\"Method Not Allowed\"}"), await ReadAsync(await http.PostAsync("nowhere", null)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await http.PostAsJsonAsync("v1/chat/completions", new { model = "x" })).StatusCode);
        Assert.Equal((500, "Internal Server Error"), await ReadAsync(await http.PostAsJsonAsync("place_instance", new { model_id = "nobody/knows" })));
    }

    [Fact]
    public async Task The_first_answers_are_the_samples()
    {
        await using var exo = await ExoServer.StartAsync();
        using var http = new HttpClient { BaseAddress = exo.Url };

        Assert.Equal((200, Golden.Read("chat.json")), await ReadAsync(await http.PostAsync("v1/chat/completions", Chat)));
        await using var other = await ExoServer.StartAsync();
        using var streaming = new HttpClient { BaseAddress = other.Url };
        var stream = await streaming.PostAsync("v1/chat/completions", new StringContent((await Chat.ReadAsStringAsync()).Replace("{\"model", "{\"stream\":true,\"model", StringComparison.Ordinal)));
        Assert.Equal((200, Golden.Read("chat.sse")), await ReadAsync(stream));
        Assert.Equal("text/event-stream; charset=utf-8", stream.Content.Headers.ContentType!.ToString());
        exo.Cluster.Remove(Golden.InstanceId);
        Assert.Equal((404, Golden.Read("not-found.json")), await ReadAsync(await http.PostAsync("v1/chat/completions", Chat)));
    }

    [Fact]
    public async Task Placing_answers_as_the_sample_and_the_instance_appears_later()
    {
        await using var exo = await ExoServer.StartAsync(isLoaded: false);
        using var http = new HttpClient { BaseAddress = exo.Url };

        var (_, reply) = await ReadAsync(await http.PostAsync("place_instance", new StringContent(Golden.Read("place-request.json"))));

        var expected = JsonNode.Parse(Golden.Read("place.json"))!;
        expected["command_id"] = (string?)JsonNode.Parse(reply)!["command_id"];
        Assert.Equal(Golden.Write(expected), reply);
        var id = await Eventually.GetAsync("the instance", () => Task.FromResult(exo.Cluster.Instances.SingleOrDefault()));
        await Eventually.TrueAsync("its runners", async () => (await http.GetStringAsync("state/runners")).Split("RunnerReady").Length == 3);
        var (status, deleted) = await ReadAsync(await http.DeleteAsync($"instance/{id}"));
        Assert.Equal((200, Golden.Read("delete.json").Replace(Golden.InstanceId, id, StringComparison.Ordinal)), (status, deleted));
    }

    [Fact]
    public async Task An_older_release_has_fewer_members_and_sends_nulls()
    {
        await using var exo = await ExoServer.StartAsync(new ExoScript { Release = ExoRelease.V1071 });
        using var http = new HttpClient { BaseAddress = exo.Url };

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("state/nodeBackends")).StatusCode);
        var state = await http.GetStringAsync("state");
        Assert.All((string[])["instanceLinks", "backends", "reasoningDialect", "prefillServerPort"], name => Assert.DoesNotContain(name, state));
        Assert.Contains("\"logprobs\":null", (await ReadAsync(await http.PostAsync("v1/chat/completions", Chat))).Body);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("instance/await")).StatusCode);
    }

    [Fact]
    public async Task A_fresh_cluster_has_every_member_and_nothing_in_it()
    {
        await using var exo = await ExoServer.StartAsync(isEmpty: true);
        using var http = new HttpClient { BaseAddress = exo.Url };

        var state = JsonNode.Parse(await http.GetStringAsync("state"))!.AsObject();

        Assert.Equal(JsonNode.Parse(Golden.Read("state.json"))!.AsObject().Select(m => m.Key), state.Select(m => m.Key));
        Assert.Equal(-1, (int)state["lastEventAppliedIdx"]!);
        Assert.Equal("{\"nodes\":[],\"connections\":{}}", state["topology"]!.ToJsonString());
    }

    private static async Task<(int Status, string Body)> ReadAsync(HttpResponseMessage response)
    {
        using (response)
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
