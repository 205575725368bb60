using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rxelon.Node.Executors.Exo;

/// <summary>
/// Passes an answer on while it comes, as the attempt's log: JSON lines <c>{"content":…}</c> and <c>{"reasoning_content":…}</c>, in order. A line
/// <c>{"restart":true}</c> says that the question was asked again: what follows belongs to another answer.
/// </summary>
internal sealed class AnswerFeed(LogSink log)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private bool _begun;

    internal void Take(string? content, string? thinking)
    {
        Write("reasoning_content", thinking);
        Write("content", content);
    }

    /// <summary>The question is asked again; nothing is said when nothing was passed on.</summary>
    internal void Restart()
    {
        if (_begun)
            Write(new JsonObject { ["restart"] = true });
    }

    private void Write(string name, string? text)
    {
        if (text is not { Length: > 0 })
            return;
        _begun = true;
        Write(new JsonObject { [name] = text });
    }

    private void Write(JsonObject line) => log(LogSource.Stdout, Encoding.UTF8.GetBytes(line.ToJsonString(Plain) + "\n"));
}
