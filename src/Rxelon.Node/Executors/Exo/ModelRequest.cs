using System.Text.Json;
using System.Text.Json.Nodes;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Executors.Exo;

/// <summary>
/// The request that goes to EXO: the program's, with the part's texts appended to its prompt, or with the part's own request laid
/// over it. The model is always the task's; only fields that EXO forwards go through.
/// </summary>
/// <param name="Body">JSON for /v1/chat/completions.</param>
/// <param name="IsJson">The part came as a request, so its result is a response.</param>
/// <param name="MaxTokens">The most it may generate, when the request says.</param>
/// <param name="InputBytes">Plaintext bytes of the part.</param>
/// <param name="Streams">Whoever asks wants the answer while it comes, and its text is all of it: no tools, no probabilities.</param>
internal sealed record ModelRequest(string Body, bool IsJson, int? MaxTokens, long InputBytes, bool Streams)
{
    private const string Messages = "messages";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // EXO takes, and drops, some others; leaving them out keeps strange fields away from its parser.
    private static readonly string[] Forwarded =
    [
        "max_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop", "tools", "logprobs", "top_logprobs", "presence_penalty",
        "frequency_penalty", "repetition_penalty", "repetition_context_size", "reasoning_effort", "enable_thinking",
    ];

    internal static async Task<Outcome<ModelRequest>> ReadAsync(string model, ProgramBundle program, Stream input, long limit, CancellationToken cancel)
    {
        var archive = await PromptArchive.ReadAsync(input, limit, cancel).ConfigureAwait(false);
        if (archive.Fault is { } unreadable)
            return unreadable;
        var request = program.ModelRequest.IsEmpty ? [] : Parse(program.ModelRequest.ToStringUtf8());
        if (request is null)
            return new Fault(FaultCodes.BadProgram, "The program's request is not a JSON object.", Culprit.Program);
        try
        {
            return Build(model, request, archive.Value);
        }
        catch (InvalidOperationException)
        {
            // Strings that are no text, such as half of a surrogate pair, show when they are read.
            return Wrong;
        }
    }

    private static Fault Wrong { get; } = new(FaultCodes.Malformed, "The request needs messages, and images only as data: URLs.", Culprit.Input);

    private static Outcome<ModelRequest> Build(string model, JsonObject request, PromptArchive archive)
    {
        var texts = archive.Files.ToList();
        var own = archive.Stdin is { } stdin && stdin.AsSpan().TrimStart().StartsWith("{") ? Parse(stdin) : null;
        var isJson = own?[Messages] is JsonArray;
        if (isJson)
        {
            if (own!["max_completion_tokens"] is not null)
                request.Remove("max_tokens");
            foreach (var (name, value) in own!.ToList())
                request[name] = value?.DeepClone();
        }
        else if (archive.Stdin is { Length: > 0 } text)
        {
            texts.Insert(0, text);
        }

        Append(request, texts);
        return Sanitize(model, request) is { } clean
            ? new ModelRequest(clean.ToJsonString(), isJson, MaxOf(clean), archive.Bytes, IsStreamed(request))
            : Wrong;
    }

    private static void Append(JsonObject request, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return;
        var text = string.Join("\n\n", texts);
        var messages = request[Messages] as JsonArray;
        if (messages is null)
            request[Messages] = messages = [];
        if (messages.LastOrDefault() is JsonObject last && IsText(last["role"], "user") && last["content"] is JsonValue said && said.GetValueKind() == JsonValueKind.String)
            last["content"] = $"{said.GetValue<string>()}\n\n{text}";
        else
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = text });
    }

    private static JsonObject? Sanitize(string model, JsonObject request)
    {
        if (request[Messages] is not JsonArray { Count: > 0 } messages || FetchesImages(messages))
            return null;
        var clean = new JsonObject { ["model"] = model, [Messages] = messages.DeepClone(), ["stream"] = true };
        request["max_tokens"] ??= request["max_completion_tokens"]?.DeepClone();
        foreach (var name in Forwarded)
        {
            if (request[name] is { } value)
                clean[name] = value.DeepClone();
        }

        return clean;
    }

    // EXO's members fetch http URLs: a stranger's request must not reach into the operator's network.
    private static bool FetchesImages(JsonNode? node) => node switch
    {
        JsonArray items => items.Any(FetchesImages),
        JsonObject fields => fields.Any(f => f.Key == "image_url" ? !IsData(f.Value) : FetchesImages(f.Value)),
        _ => false,
    };

    private static bool IsData(JsonNode? image)
    {
        var url = image is JsonObject fields ? fields["url"] : image;
        return url is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>().StartsWith("data:", StringComparison.Ordinal);
    }

    private static bool IsText(JsonNode? node, string text) => node is JsonValue value && value.TryGetValue<string>(out var said) && said == text;

    private static int? MaxOf(JsonObject request) => request["max_tokens"] is JsonValue value && value.TryGetValue<int>(out var most) && most > 0 ? most : null;

    private static bool IsStreamed(JsonObject request) => IsTrue(request["stream"]) && !IsTrue(request["logprobs"]) && request["tools"] is not JsonArray { Count: > 0 };

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var isTrue) && isTrue;

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
