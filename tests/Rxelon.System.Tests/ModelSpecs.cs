using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rxelon.Drills;
using Rxelon.ExoDouble;
using Rxelon.System.Tests.Networks;

namespace Rxelon.System.Tests;

/// <summary>
/// Questions to models: the user's command line, a hub, two nodes, OpenAI's own client from npm; only the EXO cluster is a double.
/// </summary>
public sealed class ModelSpecs(ModelNetwork net) : IClassFixture<ModelNetwork>
{
    [Fact]
    public async Task A_prompt_is_answered_and_paid()
    {
        var folder = Path.Combine(net.Network.Directory, "answer");
        var chats = net.Exo.ChatBodies.Count;

        var report = await net.TaskAsync("run", "model", Golden.Model, "--prompt", "Say hello.", "--max-tokens", "20", "--out", folder);

        Assert.Equal("Hello there", await File.ReadAllTextAsync(Path.Combine(folder, "stdout")));
        Assert.Equal(3, (int)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "response.json")))!["usage"]!["completion_tokens"]!);
        Assert.True(report.GetProperty("cost").GetInt64() > 0, "The answer was free.");
        Assert.Equal("Say hello.", (string?)net.Exo.ChatBodies.ElementAt(chats)["messages"]![0]!["content"]);
    }

    [Fact]
    public async Task An_answer_that_one_node_cannot_give_comes_from_another()
    {
        // Each attempt asks twice before it gives up.
        net.Exo.Script.Fates.Enqueue(ChatFate.ErrorAfter);
        net.Exo.Script.Fates.Enqueue(ChatFate.CutAfter);

        var report = await net.TaskAsync("run", "model", Golden.Model, "--prompt", "Try hard.", "--out", Path.Combine(net.Network.Directory, "elsewhere"));

        Assert.Equal(2, report.GetProperty("parts")[0].GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task Lines_of_a_task_file_are_asked_one_by_one_and_the_hub_sees_none_of_them()
    {
        const string Marker = "c0ffee-plaintext-marker";
        var folder = Directory.CreateDirectory(Path.Combine(net.Network.Directory, "lines")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "lines.txt"), $"{Marker} one\n{Marker} two\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "task.yaml"), $$"""
            run: { model: { name: {{Golden.Model}}, prompt: "Translate, {{Marker}}:", maxTokens: 9, temperature: 0 } }
            input: lines.txt
            split: { by: lines, size: 1 }
            """);
        var chats = net.Exo.ChatBodies.Count;

        await net.TaskAsync("submit", "-f", Path.Combine(folder, "task.yaml"), "--out", Path.Combine(folder, "out"));

        Assert.Equal("Hello thereHello there", await File.ReadAllTextAsync(Path.Combine(folder, "out", "stdout")));
        Assert.Equal(
            [$"Translate, {Marker}:\n\n{Marker} one\n", $"Translate, {Marker}:\n\n{Marker} two\n"],
            net.Exo.ChatBodies.Skip(chats).Select(b => (string?)b["messages"]![0]!["content"]).Order(StringComparer.Ordinal));
        Assert.Empty(await Places.ContainingAsync(net.Network.HubData, Marker));
        Assert.All(net.Nodes, n => Assert.DoesNotContain(Marker, n.Process.Output));
    }

    [Fact]
    public async Task Models_are_listed_with_their_nodes_and_price()
    {
        await Eventually.TrueAsync("both nodes with the model", RunningNetwork.Patience, async () =>
            (await net.Hub.ModelsAsync()) is { IsOk: true, Value: [{ Model: Golden.Model, Nodes: [{ Loaded: true, PoolMemory: Golden.MemoryTotal, Devices: 2 }, { Loaded: true }] }] });

        var shown = await net.CliAsync(RunningNetwork.User, "models");

        Assert.True(shown.Code == 0, shown.ToString());
        Assert.Contains(Golden.Model, shown.Out);
        Assert.Contains("TOKENS/S", shown.Out);
    }

    [Fact]
    public async Task A_model_that_nobody_has_waits_with_a_reason()
    {
        var quote = await net.CliAsync(RunningNetwork.User, "run", "model", "nobody/has-it", "--prompt", "x", "--detach", "--max", "0.1");

        Assert.Contains("not have the model nobody/has-it", quote.Error);
    }

    [Fact]
    public async Task The_stock_OpenAI_client_works_against_the_proxy()
    {
        await using var proxy = RxProcess.Start(
            "Rxelon.Cli", "rxelon.dll", ["proxy", "--listen", "127.0.0.1:0"],
            new Dictionary<string, string> { ["RXELON_HOME"] = net.Network.Accounts, ["RXELON_PROFILE"] = RunningNetwork.User });
        await Eventually.TrueAsync("the proxy ready", RunningNetwork.Patience, () => Task.FromResult(proxy.HasExited || proxy.Output.Split('\n').Contains("ready")));
        Assert.False(proxy.HasExited, proxy.Output);
        var url = proxy.Output.Split('\n').Single(l => l.StartsWith("http http://", StringComparison.Ordinal))["http ".Length..];
        var keyFile = Path.Combine(net.Network.Accounts, "proxy.key");
        var key = await File.ReadAllTextAsync(keyFile);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keyFile));
        Assert.DoesNotContain(key, proxy.Output);

        var said = await ScriptAsync(new { baseUrl = $"{url}/v1", key, model = Golden.Model });

        Assert.Equal([Golden.Model], said["models"]!.AsArray().Select(m => (string?)m));
        Assert.Equal(Golden.Model, (string?)said["one"]);
        Assert.Equal(("Hello there", "stop", 17, "chat.completion"), ((string?)said["whole"]!["content"], (string?)said["whole"]!["finish"], (int)said["whole"]!["total"]!, (string?)said["whole"]!["object"]));
        Assert.StartsWith("chatcmpl-t_", (string?)said["whole"]!["id"]);
        Assert.Equal(("Hello there", "Hello there", 3), ((string?)said["streamed"], (string?)said["helped"], (int)said["usage"]!));
        Assert.Equal(["stop"], said["finishes"]!.AsArray().Select(f => (string?)f));
        AssertRefused(said["badKey"], 401, "unauthorized", null);
        AssertRefused(said["noModel"], 404, "not_found", "model");
        AssertRefused(said["noMessages"], 400, "malformed", "messages");
        AssertRefused(said["many"], 400, "malformed", "n");
        AssertRefused(said["noRoute"], 404, "not_found", null);
        var asked = net.Exo.ChatBodies.Where(b => ((string?)b["messages"]![0]!["content"])!.Contains("7f9a-marker", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, asked.Count);
        Assert.Equal(50, (int)asked[0]["max_tokens"]!);
        Assert.Empty(await Places.ContainingAsync(net.Network.HubData, "7f9a-marker"));
        Assert.True(await proxy.StopAsync(TimeSpan.FromSeconds(20)), "The proxy did not end when asked to.");
    }

    [Fact]
    public async Task The_proxy_passes_tokens_on_as_they_come_and_they_are_the_answer_that_counts()
    {
        var (tokens, delay) = (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay);
        await using var proxy = RxProcess.Start(
            "Rxelon.Cli", "rxelon.dll", ["proxy", "--listen", "127.0.0.1:0"],
            new Dictionary<string, string> { ["RXELON_HOME"] = net.Network.Accounts, ["RXELON_PROFILE"] = RunningNetwork.User });
        await Eventually.TrueAsync("the proxy ready", RunningNetwork.Patience, () => Task.FromResult(proxy.HasExited || proxy.Output.Split('\n').Contains("ready")));
        using var http = new HttpClient { BaseAddress = new Uri(proxy.Output.Split('\n').Single(l => l.StartsWith("http http://", StringComparison.Ordinal))["http ".Length..]) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await File.ReadAllTextAsync(Path.Combine(net.Network.Accounts, "proxy.key")));
        try
        {
            (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay) = (["live ", "9b1d-marker ", "one ", "two ", "three"], TimeSpan.FromMilliseconds(700));
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
            {
                Content = new StringContent($$"""{"model":"{{Golden.Model}}","messages":[{"role":"user","content":"count"}],"stream":true}"""),
            };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            var (pieces, times, finishes, watch) = (new List<string>(), new List<TimeSpan>(), new List<string>(), Stopwatch.StartNew());
            while (await reader.ReadLineAsync() is { } line && line != "data: [DONE]")
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal) || JsonNode.Parse(line["data: ".Length..])?["choices"]?[0] is not { } choice)
                    continue;
                if ((string?)choice["delta"]?["content"] is { } content)
                {
                    pieces.Add(content);
                    times.Add(watch.Elapsed);
                }

                if ((string?)choice["finish_reason"] is { } finish)
                    finishes.Add(finish);
            }

            Assert.Equal("live 9b1d-marker one two three", string.Concat(pieces));
            Assert.Equal(["stop"], finishes);
            Assert.True(pieces.Count >= 3, $"It came in {pieces.Count} pieces.");
            Assert.True(times[^1] - times[0] > TimeSpan.FromSeconds(1), $"Its pieces came within {times[^1] - times[0]}.");
            Assert.Empty(await Places.ContainingAsync(net.Network.HubData, "9b1d-marker"));
        }
        finally
        {
            (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay) = (tokens, delay);
        }
    }

    [Fact]
    public async Task An_answer_to_a_question_on_the_command_line_is_shown_as_it_comes_and_shown_once()
    {
        var (tokens, delay) = (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay);
        try
        {
            (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay) = (["to\n", "be\n", "or\n", "not\n"], TimeSpan.FromMilliseconds(800));
            await using var run = RxProcess.Start(
                "Rxelon.Cli", "rxelon.dll", ["run", "model", Golden.Model, "--prompt", "And?", "--quiet"],
                new Dictionary<string, string> { ["RXELON_HOME"] = net.Network.Accounts, ["RXELON_PROFILE"] = RunningNetwork.User });
            await Eventually.TrueAsync("a first piece", RunningNetwork.Patience, () => Task.FromResult(run.HasExited || run.Output.Length > 0));
            var early = run.Output.Trim();
            await Eventually.TrueAsync("its end", RunningNetwork.Patience, () => Task.FromResult(run.HasExited));

            Assert.Equal("to\nbe\nor\nnot", run.Output.Trim());
            Assert.StartsWith("to", early, StringComparison.Ordinal);
            Assert.DoesNotContain("not", early, StringComparison.Ordinal);
        }
        finally
        {
            (net.Exo.Script.Tokens, net.Exo.Script.TokenDelay) = (tokens, delay);
        }
    }

    [Fact]
    public async Task The_proxy_listens_on_loopback_only()
    {
        var refused = await net.CliAsync(RunningNetwork.User, "proxy", "--listen", "0.0.0.0:0");

        Assert.Equal(2, refused.Code);
        Assert.Contains("this machine only", refused.Error);
    }

    private static void AssertRefused(JsonNode? error, int status, string code, string? parameter)
        => Assert.Equal((status, code, parameter), ((int?)error?["status"], (string?)error?["code"], (string?)error?["param"]));

    private static async Task<JsonNode> ScriptAsync<T>(T input)
    {
        var interop = Path.Combine(Repository.Root, "tests", "interop");
        Assert.True(Directory.Exists(Path.Combine(interop, "node_modules", "openai")), "tests/interop has no node_modules: run ./rx test, which installs them (npm ci).");
        var work = Directory.CreateTempSubdirectory("rx-openai-");
        try
        {
            var (ours, theirs) = (Path.Combine(work.FullName, "in.json"), Path.Combine(work.FullName, "out.json"));
            await File.WriteAllTextAsync(ours, JsonSerializer.Serialize(input));
            using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(interop, "openai.mjs"), ours, theirs]) { RedirectStandardError = true })!;
            using var deadline = new CancellationTokenSource(RunningNetwork.Patience * 2);
            try
            {
                var errors = await node.StandardError.ReadToEndAsync(deadline.Token);
                await node.WaitForExitAsync(deadline.Token);
                Assert.True(node.ExitCode == 0, errors);
            }
            finally
            {
                if (!node.HasExited)
                    node.Kill(entireProcessTree: true);
            }

            return JsonNode.Parse(await File.ReadAllTextAsync(theirs))!;
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }
}
