using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Rxelon.ExoDouble;

/// <summary>Chat completions: held open until the runners are ready, then streamed, failed or stalled as the script says.</summary>
internal sealed class Chats(ExoCluster cluster, ExoScript script)
{
    private const string Error = "Runner shutdown before completing command (signal=9 (Killed))";
    private const int PromptTokens = 14;

    private static readonly string[] Samples = [.. Golden.Read("chat.sse").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)];
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = [];
    private int _count;

    internal int Running => _running.Count;

    internal bool Cancel(string command)
    {
        if (!_running.TryGetValue(command, out var running))
            return false;
        running.Cancel();
        return true;
    }

    internal async Task AnswerAsync(HttpContext http, JsonObject request, string model)
    {
        if (cluster.InstanceOf(model) is not { } instance)
        {
            http.Response.StatusCode = 404;
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Golden.Read("not-found.json").Replace(Golden.Model, model, StringComparison.Ordinal), http.RequestAborted).ConfigureAwait(false);
            return;
        }

        var streams = (bool?)request["stream"] == true;
        var sample = JsonNode.Parse(streams ? Samples[2]["data: ".Length..] : Golden.Read("chat.json"))!;
        // The first answer is the sample to the byte; ids must differ afterwards.
        var id = Interlocked.Increment(ref _count) == 1 ? (string)sample["id"]! : Guid.NewGuid().ToString();
        using var cancel = new CancellationTokenSource();
        _running[id] = cancel;
        try
        {
            if (streams)
                await StreamAsync(http, id, (long)sample["created"]!, model, instance, cancel.Token).ConfigureAwait(false);
            else
                await WholeAsync(http, id, (long)sample["created"]!, model, instance, cancel.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client went away.
        }
        finally
        {
            _running.TryRemove(id, out _);
        }
    }

    private async Task StreamAsync(HttpContext http, string id, long created, string model, string instance, CancellationToken cancel)
    {
        var (response, aborted) = (http.Response, http.RequestAborted);
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers.Connection = "close";
        response.Headers["X-Accel-Buffering"] = "no";
        await LineAsync(Samples[0]).ConfigureAwait(false);
        var epoch = cluster.Epoch;
        var fate = script.NextFate();
        if (!await WaitAsync(() => cluster.IsReady(instance)).ConfigureAwait(false))
            return;
        if (fate == ChatFate.StallBefore)
        {
            await WaitAsync(() => false).ConfigureAwait(false);
            return;
        }

        await LineAsync(Samples[1].Replace(Golden.Model, model, StringComparison.Ordinal)).ConfigureAwait(false);
        if (fate == ChatFate.ErrorBefore)
        {
            await FailAsync().ConfigureAwait(false);
            return;
        }

        foreach (var token in script.Tokens)
        {
            if (!await PauseAsync().ConfigureAwait(false))
                return;
            await LineAsync("data: " + Golden.Write(Chunk(id, created, model, token, null))).ConfigureAwait(false);
            switch (fate)
            {
                case ChatFate.ErrorAfter:
                    await FailAsync().ConfigureAwait(false);
                    return;
                case ChatFate.StallAfter:
                    await WaitAsync(() => false).ConfigureAwait(false);
                    return;
                case ChatFate.CutAfter:
                    return;
            }
        }

        await LineAsync("data: " + Golden.Write(Chunk(id, created, model, "", "stop"))).ConfigureAwait(false);
        await LineAsync(Samples[5]).ConfigureAwait(false);
        await LineAsync(Samples[6]).ConfigureAwait(false);

        async Task LineAsync(string line)
        {
            await response.WriteAsync(line + "\n\n", aborted).ConfigureAwait(false);
            await response.Body.FlushAsync(aborted).ConfigureAwait(false);
        }

        async Task FailAsync()
        {
            await LineAsync($"data: {{\"error\":{{\"message\":\"{Error}\",\"type\":\"InternalServerError\",\"code\":500}}}}").ConfigureAwait(false);
            await LineAsync(Samples[6]).ConfigureAwait(false);
        }

        // Keep-alives until it is so; false when the stream just ends. After a change of master nothing is ever so.
        async Task<bool> WaitAsync(Func<bool> isSo)
        {
            var since = Stopwatch.StartNew();
            while (true)
            {
                var isReset = cluster.Epoch != epoch;
                if (cancel.IsCancellationRequested || (!isReset && !cluster.Has(instance)))
                    return false;
                if (!isReset && isSo())
                    return true;
                if (since.Elapsed >= script.KeepAlive)
                {
                    await LineAsync(Samples[0]).ConfigureAwait(false);
                    since.Restart();
                }

                await Task.Delay(Look, aborted).ConfigureAwait(false);
            }
        }

        async Task<bool> PauseAsync()
        {
            var since = Stopwatch.StartNew();
            return await WaitAsync(() => since.Elapsed >= script.TokenDelay).ConfigureAwait(false);
        }
    }

    private async Task WholeAsync(HttpContext http, string id, long created, string model, string instance, CancellationToken cancel)
    {
        http.Response.ContentType = "application/json";
        await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
        var fate = script.NextFate();
        while (fate is ChatFate.StallBefore or ChatFate.StallAfter || !cluster.IsReady(instance))
        {
            if (cancel.IsCancellationRequested || !cluster.Has(instance))
                return;
            await Task.Delay(Look, http.RequestAborted).ConfigureAwait(false);
        }

        if (fate is ChatFate.ErrorBefore or ChatFate.ErrorAfter)
            return;
        var isCut = fate == ChatFate.CutAfter;
        var message = new JsonObject { ["role"] = "assistant", ["content"] = string.Concat(isCut ? script.Tokens.Take(1) : script.Tokens) };
        var choice = new JsonObject { ["index"] = 0, ["message"] = message };
        var reply = new JsonObject { ["id"] = id, ["object"] = "chat.completion", ["created"] = created, ["model"] = model, ["choices"] = new JsonArray(choice) };
        if (!isCut)
        {
            choice["finish_reason"] = "stop";
            reply["usage"] = Usage();
        }

        await http.Response.WriteAsync(Golden.Write(Older(reply, message)), http.RequestAborted).ConfigureAwait(false);
    }

    private JsonObject Chunk(string id, long created, string model, string content, string? finish)
    {
        var delta = new JsonObject { ["role"] = "assistant", ["content"] = content };
        var choice = new JsonObject { ["index"] = 0, ["delta"] = delta };
        var chunk = new JsonObject { ["id"] = id, ["object"] = "chat.completion", ["created"] = created, ["model"] = model, ["choices"] = new JsonArray(choice) };
        if (finish is not null)
        {
            choice["finish_reason"] = finish;
            chunk["usage"] = Usage();
        }

        return Older(chunk, delta);
    }

    private JsonObject Usage()
    {
        var usage = JsonNode.Parse(Golden.Read("chat.json"))!["usage"]!.DeepClone().AsObject();
        var completion = script.Tokens.Count + 1;
        usage["completion_tokens"] = completion;
        usage["total_tokens"] = PromptTokens + completion;
        return usage;
    }

    // Releases up to 1.0.71 send members without a value as null.
    private JsonObject Older(JsonObject reply, JsonObject message)
    {
        if (script.Release == ExoRelease.Main)
            return reply;
        foreach (var name in (string[])["reasoning_content", "name", "tool_calls", "tool_call_id", "function_call"])
            message[name] = null;
        var choice = reply["choices"]![0]!.AsObject();
        choice["logprobs"] = null;
        choice["finish_reason"] ??= null;
        reply["usage"] ??= null;
        reply["service_tier"] = null;
        return reply;
    }
}
