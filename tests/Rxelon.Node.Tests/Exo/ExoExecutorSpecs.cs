using System.Text;
using System.Text.Json.Nodes;
using Rxelon.ExoDouble;
using Rxelon.Node.Executors.Exo;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Exo;

/// <summary>Answers, and every way in which a cluster fails to give one.</summary>
public sealed class ExoExecutorSpecs
{
    private static readonly ExoTimes Impatient = ExoUnderTest.Short with { Stall = TimeSpan.FromSeconds(1) };

    private static readonly string OnDisk = "somebody/Other-8B-4bit";

    [Theory]
    [InlineData(ExoRelease.Main, "exo main")]
    [InlineData(ExoRelease.V1071, "exo 1.0.71")]
    public async Task A_prompt_is_answered_on_either_release(ExoRelease release, string runtime)
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { Release = release }, isLoaded: false);

        var ran = await exo.AskAsync();

        Assert.Equal(runtime, exo.Report.Runtime);
        Assert.Null(ran.Result.Fault);
        Assert.Equal("Hello there", ran.Files["stdout"]);
        Assert.Equal("", ran.Files["stderr"]);
        var response = JsonNode.Parse(ran.Files["out/response.json"])!;
        Assert.Equal(14, (int)response["usage"]!["prompt_tokens"]!);
        Assert.Equal("stop", (string?)response["choices"]![0]!["finish_reason"]);
        Assert.Equal(3, ran.Result.Metering.Fuel);
        Assert.Equal(912345678, ran.Result.Metering.PeakMemory);
        Assert.Equal(62100, exo.Pool.Models.Single(m => m.Name == Golden.Model).MilliTokensPerSecond);
    }

    [Fact]
    public async Task Equal_answers_are_equal_bytes()
    {
        await using var exo = await ExoUnderTest.StartAsync();

        Assert.Equal((await exo.AskAsync()).Output, (await exo.AskAsync()).Output);
    }

    [Fact]
    public async Task What_a_part_brings_is_appended_to_the_prompt()
    {
        await using var exo = await ExoUnderTest.StartAsync();

        await exo.AskAsync(ExoUnderTest.Program("Summarise:", 99), Parts.Input(("stdin", "line one\n"), ("in/a.txt", "file one")));

        var body = exo.Server.ChatBodies.Single();
        Assert.Equal("Summarise:\n\nline one\n\n\nfile one", (string?)body["messages"]![0]!["content"]);
        Assert.Equal(99, (int)body["max_tokens"]!);
        Assert.True((bool)body["stream"]!);
    }

    [Fact]
    public async Task A_part_that_is_a_request_itself_is_answered_with_a_response()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        const string Request = """
            {"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}],"stream":false,"temperature":0,
             "max_completion_tokens":7,"user":"me","immediateException":true}
            """;

        var ran = await exo.AskAsync(ExoUnderTest.Program(null), Parts.Input(("stdin", Request)));

        Assert.Equal(
            $$"""{"model":"{{Golden.Model}}","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}],"stream":true,"max_tokens":7,"temperature":0}""",
            Golden.Write(exo.Server.ChatBodies.Single()));
        Assert.Equal("Hello there", (string?)JsonNode.Parse(ran.Files["stdout"])!["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public async Task An_answer_that_is_wanted_while_it_comes_is_passed_on_piece_by_piece_and_says_when_it_begins_anew()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        var request = Parts.Input(("stdin", """{"messages":[{"role":"user","content":"hi"}],"stream":true}"""));

        Assert.Equal(["{\"content\":\"Hello\"}", "{\"content\":\" there\"}"], await LinesAsync(exo, request));
        exo.Server.Script.Fates.Enqueue(ChatFate.ErrorAfter);
        Assert.Equal(["{\"content\":\"Hello\"}", "{\"restart\":true}", "{\"content\":\"Hello\"}", "{\"content\":\" there\"}"], await LinesAsync(exo, request));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"stream":false}""")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"stream":true,"logprobs":true}""")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"stream":true,"tools":[{"type":"function","function":{"name":"f"}}]}""")]
    public async Task An_answer_is_passed_on_in_pieces_only_when_that_is_wanted_and_text_is_all_of_it(string request)
    {
        await using var exo = await ExoUnderTest.StartAsync();
        Assert.Empty(await LinesAsync(exo, Parts.Input(("stdin", request))));
    }

    private static async Task<string[]> LinesAsync(ExoUnderTest exo, byte[] input)
    {
        var said = new MemoryStream();
        var ran = await exo.AskAsync(ExoUnderTest.Program(null), input, ExoUnderTest.Spec() with { Log = (_, bytes) => said.Write(bytes) });
        Assert.Null(ran.Result.Fault);
        return Encoding.UTF8.GetString(said.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1/secret"}}]}]}""")]
    [InlineData("""{"messages":[]}""")]
    public async Task A_request_that_would_reach_into_the_operators_network_or_says_nothing_is_refused(string request)
    {
        await using var exo = await ExoUnderTest.StartAsync();

        var ran = await exo.AskAsync(ExoUnderTest.Program(null), Parts.Input(("stdin", request)));

        Assert.Equal((FaultCodes.Malformed, Culprit.Input), (ran.Code, ran.Result.Fault!.Culprit));
        Assert.Empty(exo.Server.ChatBodies);
    }

    [Fact]
    public async Task A_model_on_disk_is_placed_by_preview_and_confirmed_by_the_state_once_for_all_who_ask()
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { MoreModels = Two(), PlaceDelay = TimeSpan.FromMilliseconds(300) });

        var ran = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => exo.AskAsync(spec: ExoUnderTest.Spec(model: OnDisk))));

        Assert.All(ran, r => Assert.Equal("Hello there", r.Files["stdout"]));
        Assert.Single(exo.Server.Requests, r => r == "POST /instance");
        Assert.Contains(exo.Server.Requests, r => r.StartsWith("GET /instance/previews", StringComparison.Ordinal));
        Assert.DoesNotContain(exo.Server.Requests, r => r == "GET /state");
    }

    [Fact]
    public async Task A_model_that_is_not_on_disk_is_never_loaded()
    {
        await using var exo = await ExoUnderTest.StartAsync();

        var ran = await exo.AskAsync(spec: ExoUnderTest.Spec(model: "nobody/has-it"));

        Assert.Equal((FaultCodes.ModelMissing, Culprit.Node, true), (ran.Code, ran.Result.Fault!.Culprit, ran.Result.Fault.Retryable));
        Assert.DoesNotContain(exo.Server.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_placement_that_never_appears_is_the_nodes_fault()
    {
        await using var exo = await ExoUnderTest.StartAsync(
            new ExoScript { SwallowPlacements = true }, isLoaded: false, times: ExoUnderTest.Short with { Appear = TimeSpan.FromMilliseconds(300) });

        var ran = await exo.AskAsync();

        Assert.Equal((FaultCodes.ExecutorFailed, Culprit.Node, true), (ran.Code, ran.Result.Fault!.Culprit, ran.Result.Fault.Retryable));
        Assert.Contains("appeared", ran.Result.Fault.Message);
    }

    [Fact]
    public async Task A_model_that_takes_long_to_load_goes_on_loading_while_the_part_waits_for_another_turn()
    {
        await using var exo = await ExoUnderTest.StartAsync(
            new ExoScript { RunnerDelay = TimeSpan.FromMilliseconds(150) }, isLoaded: false, times: ExoUnderTest.Short with { Ready = TimeSpan.FromMilliseconds(200) });

        var early = await exo.AskAsync();

        Assert.Equal((FaultCodes.ModelLoading, Culprit.Node, true), (early.Code, early.Result.Fault!.Culprit, early.Result.Fault.Retryable));
        await Eventually.TrueAsync("the model loaded", () => exo.Pool.Models is [{ IsLoaded: true }]);
        Assert.Null((await exo.AskAsync()).Code);
        Assert.Single(exo.Server.Requests, r => r == "POST /instance");
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, FaultCodes.ExecutorFailed)]
    public async Task A_runner_that_fails_while_loading_is_replaced_once(int failing, string? code)
    {
        await using var exo = await ExoUnderTest.StartAsync(new ExoScript { FailingPlacements = failing }, isLoaded: false);

        Assert.Equal(code, (await exo.AskAsync()).Code);
    }

    [Theory]
    [InlineData(ChatFate.ErrorBefore)]
    [InlineData(ChatFate.ErrorAfter)]
    [InlineData(ChatFate.CutAfter)]
    public async Task An_answer_that_breaks_off_is_asked_for_again_once(ChatFate fate)
    {
        await using var exo = await ExoUnderTest.StartAsync();
        exo.Server.Script.Fates.Enqueue(fate);

        var ran = await exo.AskAsync();

        Assert.Equal("Hello there", ran.Files["stdout"]);
        Assert.Equal(2, exo.Server.ChatBodies.Count);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_twice_is_the_nodes_fault_and_quotes_nothing()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        exo.Server.Script.Fates.Enqueue(ChatFate.ErrorAfter);
        exo.Server.Script.Fates.Enqueue(ChatFate.ErrorAfter);

        var ran = await exo.AskAsync(ExoUnderTest.Program("a secret prompt"));

        Assert.Equal((FaultCodes.ExecutorFailed, Culprit.Node, true), (ran.Code, ran.Result.Fault!.Culprit, ran.Result.Fault.Retryable));
        Assert.Equal("EXO: Runner shutdown before completing command (signal=9 (Killed))\n", ran.Result.StderrTail);
        Assert.DoesNotContain("secret", ran.Result.Fault.Message + ran.Result.StderrTail);
        Assert.Equal(0, ran.Result.Metering.WallMillis);
    }

    [Theory]
    [InlineData(ChatFate.StallBefore)]
    [InlineData(ChatFate.StallAfter)]
    public async Task A_stream_with_keep_alives_only_is_cancelled_deleted_and_placed_again(ChatFate fate)
    {
        await using var exo = await ExoUnderTest.StartAsync(times: Impatient);
        exo.Server.Script.Fates.Enqueue(fate);

        var ran = await exo.AskAsync();

        Assert.Equal("Hello there", ran.Files["stdout"]);
        Assert.Contains(exo.Server.Requests, r => r == $"DELETE /instance/{Golden.InstanceId}");
        Assert.Contains(exo.Server.Requests, r => r == "POST /instance");
        Assert.Equal(fate == ChatFate.StallAfter, exo.Server.Requests.Any(r => r.StartsWith("POST /v1/cancel/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stream_that_stalls_again_is_the_nodes_fault()
    {
        await using var exo = await ExoUnderTest.StartAsync(times: Impatient);
        exo.Server.Script.Fates.Enqueue(ChatFate.StallAfter);
        exo.Server.Script.Fates.Enqueue(ChatFate.StallAfter);

        var ran = await exo.AskAsync();

        Assert.Equal((FaultCodes.ModelStalled, Culprit.Node, true), (ran.Code, ran.Result.Fault!.Culprit, ran.Result.Fault.Retryable));
    }

    [Fact]
    public async Task A_slow_answer_is_no_stall_while_tokens_come()
    {
        var script = new ExoScript { Tokens = [.. Enumerable.Range(0, 25).Select(i => $"{i} ")], TokenDelay = TimeSpan.FromMilliseconds(100) };
        await using var exo = await ExoUnderTest.StartAsync(script, times: Impatient with { Stall = TimeSpan.FromSeconds(2) });

        var ran = await exo.AskAsync();

        Assert.Equal(string.Concat(script.Tokens), ran.Files["stdout"]);
        Assert.Single(exo.Server.ChatBodies);
    }

    [Fact]
    public async Task A_master_that_forgets_everything_in_the_middle_costs_one_more_try()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        exo.Server.Script.Fates.Enqueue(ChatFate.StallAfter);
        var asking = exo.AskAsync();
        await Eventually.TrueAsync("the stream", () => exo.Server.RunningChats == 1);

        exo.Server.Cluster.Reset();
        await Eventually.TrueAsync("the pool empty", () => exo.Pool is { Devices: 0, Models: [] });
        exo.Server.Cluster.Recover();

        var ran = await asking;
        // Whether the part met the empty cluster or the recovered one, it ends with a name.
        Assert.True(ran.Code is null or FaultCodes.ModelMissing, ran.Code);
        await Eventually.TrueAsync("the models back", () => exo.Pool.Models.Count == 1);
        Assert.Equal("Hello there", (await exo.AskAsync()).Files["stdout"]);
    }

    [Fact]
    public async Task Stopping_cancels_at_the_cluster()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        exo.Server.Script.Fates.Enqueue(ChatFate.StallAfter);
        using var stop = new CancellationTokenSource();
        var prepared = (await exo.Executor.PrepareAsync(ExoUnderTest.Spec(), CancellationToken.None)).Value;
        await using var closing = prepared;
        var running = prepared.RunAsync(ExoUnderTest.Program(maxTokens: 4), new MemoryStream(Parts.Input()), new MemoryStream(), stop.Token);
        await Eventually.TrueAsync("the first of four tokens", () => prepared.Permille == 250);

        await stop.CancelAsync();

        Assert.Equal(FaultCodes.Stopped, (await running).Fault!.Code);
        Assert.Contains(exo.Server.Requests, r => r.StartsWith("POST /v1/cancel/", StringComparison.Ordinal));
        await Eventually.TrueAsync("no chat left", () => exo.Server.RunningChats == 0);
    }

    [Fact]
    public async Task Time_and_output_are_limited()
    {
        await using var exo = await ExoUnderTest.StartAsync();
        exo.Server.Script.Fates.Enqueue(ChatFate.StallAfter);

        Assert.Equal(FaultCodes.TimeLimit, (await exo.AskAsync(spec: ExoUnderTest.Spec(seconds: 0.5))).Code);
        Assert.Equal(FaultCodes.OutputLimit, (await exo.AskAsync(spec: ExoUnderTest.Spec(output: 6))).Code);
        await Eventually.TrueAsync("no chat left", () => exo.Server.RunningChats == 0);
    }

    private static Dictionary<string, long> Two() => new() { [OnDisk] = 5L << 30 };
}
