using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Specs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Serving;

/// <summary>
/// One POST /v1/chat/completions. With <c>stream</c> the answer is sent as server-sent events while it comes; comments keep the connection
/// alive meanwhile. The task's result completes it, and must agree with what was sent.
/// </summary>
internal sealed class ChatCall(HttpContext http, ModelCalls calls, TimeProvider time)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private CancellationToken Aborted => http.RequestAborted;

    internal static Fault NoModel(string model)
        => new(FaultCodes.NotFound, $"No node offers the model '{model}' just now; GET /v1/models lists those that can be asked.", Culprit.Input);

    internal async Task AnswerAsync()
    {
        var (request, fault, parameter) = await ReadAsync().ConfigureAwait(false);
        if (fault is not null)
        {
            await OpenAiErrors.WriteAsync(http, fault, parameter).ConfigureAwait(false);
            return;
        }

        var model = (string)request!["model"]!;
        var models = await calls.ModelsAsync(Aborted).ConfigureAwait(false);
        if (models.Fault is null && models.Value.All(m => m.Model != model))
        {
            await OpenAiErrors.WriteAsync(http, NoModel(model), "model").ConfigureAwait(false);
            return;
        }

        var submitted = await calls.SubmitAsync(model, Encoding.UTF8.GetBytes(request.ToJsonString()), Aborted).ConfigureAwait(false);
        if (submitted.Fault is { } refused)
        {
            await OpenAiErrors.WriteAsync(http, refused).ConfigureAwait(false);
            return;
        }

        http.Response.Headers["x-request-id"] = submitted.Value.ToString();
        try
        {
            await (IsTrue(request["stream"]) ? StreamAsync(request, submitted.Value) : WholeAsync(submitted.Value)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Aborted.IsCancellationRequested)
        {
            // Whether the hub still heard it does not matter to anybody who is left here.
            _ = await calls.CancelAsync(submitted.Value, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task WholeAsync(TaskId task)
    {
        var answer = await calls.AnswerAsync(task, Aborted).ConfigureAwait(false);
        await (answer.Fault is { } fault
            ? OpenAiErrors.WriteAsync(http, fault)
            : OpenAiErrors.WriteAsync(http, StatusCodes.Status200OK, Stamped(answer.Value, task, "chat.completion"))).ConfigureAwait(false);
    }

    private async Task StreamAsync(JsonObject request, TaskId task)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        var answering = calls.AnswerAsync(task, Aborted);
        var streamed = new StreamedAnswer();
        await PassOnAsync((string)request["model"]!, task, streamed, answering).ConfigureAwait(false);
        var answer = await answering.ConfigureAwait(false);
        if (answer.Fault is { } fault)
        {
            await DataAsync(OpenAiErrors.Body(fault)).ConfigureAwait(false);
            return;
        }

        if (streamed.Rest(answer.Value["choices"]![0]!["message"]!.AsObject()) is not { } rest)
        {
            await DataAsync(OpenAiErrors.Body(Differs)).ConfigureAwait(false);
            return;
        }

        foreach (var chunk in Chunks(answer.Value, rest, task, IsTrue((request["stream_options"] as JsonObject)?["include_usage"])))
            await DataAsync(chunk).ConfigureAwait(false);
        await WriteAsync("data: [DONE]").ConfigureAwait(false);
    }

    private static Fault Differs { get; } = new(
        FaultCodes.StreamDiffers, "The node that this answer began with failed, and another node's answer begins differently: ask again.", Culprit.Node, Retryable: true);

    /// <summary>Sends pieces as they come, until the answer is there.</summary>
    private async Task PassOnAsync(string model, TaskId task, StreamedAnswer streamed, Task<Outcome<JsonObject>> answering)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        var pieces = calls.LiveAsync(task, over.Token).GetAsyncEnumerator(over.Token);
        await using (pieces.ConfigureAwait(false))
        {
            await WriteAsync(": the answer is on its way").ConfigureAwait(false);
            Task<bool>? next = pieces.MoveNextAsync().AsTask();
            try
            {
                while (!answering.IsCompleted)
                {
                    using var idle = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
                    var pause = Task.Delay(KeepAlive, time, idle.Token);
                    var first = await (next is null ? Task.WhenAny(answering, pause) : Task.WhenAny(answering, next, pause)).ConfigureAwait(false);
                    await idle.CancelAsync().ConfigureAwait(false);
                    Aborted.ThrowIfCancellationRequested();
                    if (first == pause)
                    {
                        await WriteAsync(": the answer is on its way").ConfigureAwait(false);
                    }
                    else if (first == next)
                    {
                        next = await next.ConfigureAwait(false) ? await SendAsync().ConfigureAwait(false) : null;
                    }
                }
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                if (next is not null)
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        async Task<Task<bool>> SendAsync()
        {
            var choice = new JsonObject { ["index"] = 0, ["delta"] = streamed.Take(pieces.Current), ["finish_reason"] = null };
            await DataAsync(Chunk(model, new JsonArray(choice), task)).ConfigureAwait(false);
            return pieces.MoveNextAsync().AsTask();
        }
    }

    private IEnumerable<JsonObject> Chunks(JsonObject response, JsonObject rest, TaskId task, bool withUsage)
    {
        var choice = response["choices"]![0]!.AsObject();
        var model = (string?)response["model"] ?? "";
        if (rest["tool_calls"] is JsonArray tools)
        {
            foreach (var (i, tool) in tools.Index())
            {
                if (tool is JsonObject call)
                    call["index"] = i;
            }
        }

        if (rest.Count > 0)
            yield return Chunk(model, new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = rest, ["logprobs"] = choice["logprobs"]?.DeepClone(), ["finish_reason"] = null }), task);
        yield return Chunk(model, new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject(), ["finish_reason"] = choice["finish_reason"]?.DeepClone() }), task);
        if (!withUsage)
            yield break;
        var usage = Chunk(model, [], task);
        usage["usage"] = response["usage"]?.DeepClone();
        yield return usage;
    }

    private JsonObject Chunk(string model, JsonArray choices, TaskId task)
        => Stamped(new JsonObject { ["id"] = null, ["object"] = null, ["created"] = null, ["model"] = model, ["choices"] = choices }, task, "chat.completion.chunk");

    private JsonObject Stamped(JsonObject answer, TaskId task, string kind)
    {
        answer["id"] = $"chatcmpl-{task}";
        answer["object"] = kind;
        answer["created"] = time.GetUtcNow().ToUnixTimeSeconds();
        return answer;
    }

    private Task DataAsync(JsonObject data) => WriteAsync($"data: {data.ToJsonString()}");

    private async Task WriteAsync(string line)
    {
        await http.Response.WriteAsync(line + "\n\n", Aborted).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(Aborted).ConfigureAwait(false);
    }

    private async Task<(JsonObject? Request, Fault? Fault, string? Parameter)> ReadAsync()
    {
        JsonObject? request = null;
        try
        {
            request = await JsonNode.ParseAsync(http.Request.Body, documentOptions: Strict, cancellationToken: Aborted).ConfigureAwait(false) as JsonObject;
        }
        catch (JsonException)
        {
            // Said below.
        }
        catch (BadHttpRequestException e)
        {
            return (null, Wrong(e.Message), null);
        }

        if (request is null)
            return (null, Wrong("The body must be a JSON object."), null);
        if (request["model"] is not JsonValue model || !model.TryGetValue<string>(out var name) || !ModelPlan.IsName(name))
            return (null, Wrong("model must be the name of a model."), "model");
        if (request["messages"] is not JsonArray { Count: > 0 })
            return (null, Wrong("messages must be a list with at least one message."), "messages");
        return request["n"] is JsonValue n && !(n.TryGetValue<int>(out var count) && count == 1)
            ? (null, Wrong("n must be 1: one answer to a request."), "n")
            : (request, null, null);
    }

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var isTrue) && isTrue;

    private static Fault Wrong(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}
