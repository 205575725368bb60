using System.Text.Json.Nodes;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Specs;

/// <summary>
/// The question to a model. It becomes a chat completion request in the program blob; a part's input is appended to the prompt, and a
/// part that is such a request itself replaces it (docs/design/exo.md).
/// </summary>
public sealed record ModelPlan
{
    /// <summary>Tokens that are generated at most when nobody says.</summary>
    public const int StandardMaxTokens = 256;

    private const int LongestPath = 4096;

    /// <summary>The text, <c>@FILE</c>, or the path of a file that exists; empty when the input is the whole question.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What the model is told before the conversation; read like the prompt.</summary>
    public string System { get; init; } = "";

    public int MaxTokens { get; init; } = StandardMaxTokens;

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? Seed { get; init; }

    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>The answer is wanted while it comes.</summary>
    public bool Stream { get; init; }

    /// <summary>True for a model's full name: 1 to 128 letters, digits, and . _ - / between them.</summary>
    public static bool IsName(string name)
        => name.Length is >= 1 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');

    /// <summary>A task's label made of a model's name.</summary>
    public static string LabelOf(string name)
    {
        var last = name.TrimEnd('/').Split('/')[^1];
        return last.Length is >= 1 and <= 64 ? last : "model";
    }

    /// <summary>The request as JSON. Not-found when a file that was named with @ does not exist.</summary>
    internal Outcome<string> ToRequest(string baseDirectory)
    {
        var messages = new JsonArray();
        foreach (var (role, said) in (ReadOnlySpan<(string, string)>)[("system", System), ("user", Prompt)])
        {
            var text = Read(said, baseDirectory);
            if (text.Fault is { } missing)
                return missing;
            if (text.Value.Length > 0)
                messages.Add(new JsonObject { ["role"] = role, ["content"] = text.Value });
        }

        var request = new JsonObject { ["messages"] = messages, ["max_tokens"] = MaxTokens };
        if (Temperature is { } temperature)
            request["temperature"] = temperature;
        if (TopP is { } topP)
            request["top_p"] = topP;
        if (Seed is { } seed)
            request["seed"] = seed;
        if (Stop.Count > 0)
            request["stop"] = new JsonArray([.. Stop.Select(s => (JsonNode)s)]);
        if (Stream)
            request["stream"] = true;
        return request.ToJsonString();
    }

    private static Outcome<string> Read(string said, string baseDirectory)
    {
        var isNamed = said.StartsWith('@') && said.Length > 1;
        if (!isNamed && (said.Length is 0 or > LongestPath || said.Any(char.IsControl)))
            return said;
        var path = Path.GetFullPath(isNamed ? said[1..] : said, baseDirectory);
        return File.Exists(path) ? File.ReadAllText(path)
            : isNamed ? new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input)
            : said;
    }
}
