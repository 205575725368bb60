using System.Text;
using System.Text.Json.Nodes;
using Rxelon.Cli.Sessions;

namespace Rxelon.Cli.Serving;

/// <summary>What of an answer has been passed on, and what of the one that counts is still to be said.</summary>
internal sealed class StreamedAnswer
{
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _reasoning = new();

    /// <summary>True once anything was passed on.</summary>
    internal bool HasBegun => _content.Length > 0 || _reasoning.Length > 0;

    /// <summary>The piece as a delta of OpenAI's.</summary>
    internal JsonObject Take(AnswerPiece piece)
    {
        var delta = HasBegun ? new JsonObject() : new JsonObject { ["role"] = "assistant" };
        if (piece.Content.Length > 0)
            delta["content"] = piece.Content;
        if (piece.Reasoning.Length > 0)
            delta["reasoning_content"] = piece.Reasoning;
        _content.Append(piece.Content);
        _reasoning.Append(piece.Reasoning);
        return delta;
    }

    /// <summary>
    /// The delta that completes <paramref name="message"/>, empty when nothing is left to say; null when it does not begin with what was passed
    /// on.
    /// </summary>
    internal JsonObject? Rest(JsonObject message)
    {
        var delta = message.DeepClone().AsObject();
        if (!HasBegun)
            return delta;
        delta.Remove("role");
        return Cut(delta, "content", _content.ToString()) && Cut(delta, "reasoning_content", _reasoning.ToString()) ? delta : null;
    }

    private static bool Cut(JsonObject delta, string name, string said)
    {
        var whole = delta[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        if (!whole.StartsWith(said, StringComparison.Ordinal))
            return false;
        delta.Remove(name);
        if (whole.Length > said.Length)
            delta[name] = whole[said.Length..];
        return true;
    }
}
