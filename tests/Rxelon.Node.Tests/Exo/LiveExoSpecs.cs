using System.Text.Json.Nodes;
using Rxelon.ExoDouble;
using Rxelon.Node.Executors.Exo;

namespace Rxelon.Node.Tests.Exo;

/// <summary>
/// Against a real cluster: <c>RXELON_TEST_EXO=http://HOST:52415 RX_LIVE=1 ./rx test Node</c>. It must have the sample's model on disk.
/// Without RX_LIVE these are not in the run; with it and without the address they fail.
/// </summary>
[Trait("Category", "Live")]
public sealed class LiveExoSpecs
{
    private const string Variable = "RXELON_TEST_EXO";

    private static Uri Url => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } url
        ? new Uri(url)
        : throw new InvalidOperationException($"{Variable} does not name an EXO, such as http://127.0.0.1:52415.");

    /// <summary>Read-only calls: key sets and kinds, not values.</summary>
    [Fact]
    public async Task The_samples_have_the_shape_of_a_live_EXO()
    {
        using var http = new HttpClient { BaseAddress = Url };

        AssertLike(JsonNode.Parse(Golden.Read("state.json"))!, JsonNode.Parse(await http.GetStringAsync("state"))!, "state");
        AssertLike(JsonNode.Parse(Golden.Read("models.json"))!, JsonNode.Parse(await http.GetStringAsync("v1/models"))!, "models");
        var previews = JsonNode.Parse(await http.GetStringAsync($"instance/previews?model_id={Uri.EscapeDataString(Golden.Model)}"))!["previews"]!.AsArray();
        Assert.All(previews, p => Assert.Equal(
            ["error", "instance", "instance_meta", "memory_delta_by_node", "model_id", "sharding"], p!.AsObject().Select(m => m.Key).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_live_EXO_answers_a_prompt()
    {
        await using var executor = new ExoExecutor(Url, new ExoTimes(), TimeProvider.System);
        var report = await executor.FingerprintAsync(CancellationToken.None);
        Assert.True(report.Available, report.Missing);
        var prepared = await executor.PrepareAsync(ExoUnderTest.Spec(seconds: 120), CancellationToken.None);
        Assert.True(prepared.IsOk, prepared.Fault?.Message);
        await using var sandbox = prepared.Value;
        using var output = new MemoryStream();

        var ran = await sandbox.RunAsync(ExoUnderTest.Program("Say hello.", 32), new MemoryStream(Parts.Input()), output, CancellationToken.None);

        Assert.Null(ran.Fault);
        Assert.NotEmpty(Parts.Read(output.ToArray())["stdout"]);
    }

    // Maps keyed by ids are compared by their first values; what is empty on either side says nothing.
    private static void AssertLike(JsonNode sample, JsonNode live, string where)
    {
        Assert.True(sample.GetValueKind() == live.GetValueKind(), $"{where} is {live.GetValueKind()}, not {sample.GetValueKind()}.");
        if (sample is JsonArray { Count: > 0 } items && live is JsonArray { Count: > 0 } others)
            AssertLike(items[0]!, others[0]!, where + "[0]");
        if (sample is not JsonObject { Count: > 0 } fields || live is not JsonObject { Count: > 0 } others2)
            return;
        if (fields.Any(f => f.Key.Contains('-', StringComparison.Ordinal) || f.Key.Length == 32))
        {
            AssertLike(fields.First().Value!, others2.First().Value!, where + ".*");
            return;
        }

        Assert.Equal(fields.Select(f => f.Key).Order(StringComparer.Ordinal), others2.Select(f => f.Key).Order(StringComparer.Ordinal));
        foreach (var (name, value) in fields.Where(f => f.Value is not null && others2[f.Key] is not null))
            AssertLike(value!, others2[name]!, $"{where}.{name}");
    }
}
