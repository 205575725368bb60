using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rxelon.Node.Executors.Exo;

/// <summary>
/// One answer while its chunks arrive, which <paramref name="feed"/> hears of. One writer; <see cref="Tokens"/> may be read by others.
/// </summary>
internal sealed class Completion(long limit, AnswerFeed? feed = null)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private readonly JsonArray _calls = [];
    private readonly JsonArray _logprobs = [];
    private JsonNode? _usage;
    private string? _reason;
    private long _bytes;
    private int _tokens;

    /// <summary>The id of its chunks, by which it can be cancelled.</summary>
    internal string? Command { get; private set; }

    /// <summary>Chunks with content so far; in the end what the usage says.</summary>
    internal int Tokens => Volatile.Read(ref _tokens);

    /// <summary>True when the model said that it has finished: the only sign of success there is.</summary>
    internal bool IsFinished => _reason is not null;

    internal bool IsTooLong => _bytes > limit;

    /// <summary>EXO's own words about what went wrong; they may be about the content and leave this machine encrypted only.</summary>
    internal string? Error { get; private set; }

    internal double? TokensPerSecond { get; private set; }

    internal long PeakMemory { get; private set; }

    internal byte[] Text => Encoding.UTF8.GetBytes(_text.ToString());

    /// <summary>Takes one chunk.</summary>
    internal void Take(JsonElement chunk)
    {
        if (chunk.Member("error") is { } error)
        {
            Error = error.Text("message") ?? "an error without words";
            return;
        }

        Command ??= chunk.Text("id");
        if (chunk.Member("usage") is { } usage)
        {
            _usage = Clone(usage);
            Volatile.Write(ref _tokens, (int)(usage.Number("completion_tokens") ?? _tokens));
        }

        if (chunk.Member("choices").Items().FirstOrDefault() is not { ValueKind: JsonValueKind.Object } choice)
            return;
        if (choice.Member("delta") is { } delta)
            Take(delta.Text("content"), delta.Text("reasoning_content"), delta.Member("tool_calls"));
        foreach (var logprob in (choice.Member("logprobs")?.Member("content")).Items())
            _logprobs.Add(Clone(logprob));
        _reason = choice.Text("finish_reason") ?? _reason;
    }

    /// <summary>EXO's comment after the last chunk: { generation_tps, peak_memory_usage: { in_bytes }, … }.</summary>
    internal void TakeStats(JsonElement stats)
    {
        TokensPerSecond = stats.Fraction("generation_tps");
        PeakMemory = stats.Member("peak_memory_usage")?.Number("in_bytes") ?? 0;
    }

    /// <summary>
    /// The whole answer as OpenAI's chat.completion. EXO's id and time are left out, so that equal answers are equal bytes.
    /// </summary>
    internal byte[] ToJson(string id, string model)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = _text.Length == 0 && _calls.Count > 0 ? null : _text.ToString() };
        if (_thinking.Length > 0)
            message["reasoning_content"] = _thinking.ToString();
        if (_calls.Count > 0)
            message["tool_calls"] = _calls.DeepClone();
        var choice = new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = _reason };
        if (_logprobs.Count > 0)
            choice["logprobs"] = new JsonObject { ["content"] = _logprobs.DeepClone() };
        var response = new JsonObject { ["id"] = id, ["object"] = "chat.completion", ["model"] = model, ["choices"] = new JsonArray(choice) };
        if (_usage is not null)
            response["usage"] = _usage.DeepClone();
        return JsonSerializer.SerializeToUtf8Bytes(response, Plain);
    }

    private void Take(string? content, string? thinking, JsonElement? calls)
    {
        if (content is { Length: > 0 } || thinking is { Length: > 0 })
            Interlocked.Increment(ref _tokens);
        _bytes += Encoding.UTF8.GetByteCount(content ?? "") + Encoding.UTF8.GetByteCount(thinking ?? "");
        feed?.Take(content, thinking);
        _text.Append(content);
        _thinking.Append(thinking);
        foreach (var call in calls.Items())
        {
            var clean = Clone(call)!.AsObject();
            clean.Remove("index");
            (clean["function"] as JsonObject)?.Remove("id");
            _calls.Add(clean);
            _bytes += call.GetRawText().Length;
        }
    }

    private static JsonNode? Clone(JsonElement json) => JsonNode.Parse(json.GetRawText());
}
