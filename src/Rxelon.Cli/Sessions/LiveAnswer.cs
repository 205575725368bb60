using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rxelon.Client.Hub;
using Rxelon.Client.Results;
using Rxelon.Shared.Ids;

namespace Rxelon.Cli.Sessions;

/// <summary>A piece of a model's answer, of its text or of its thinking.</summary>
internal readonly record struct AnswerPiece(string Content, string Reasoning);

/// <summary>
/// A model's answer while it comes, from the log of the first attempt that has one (docs/design/exo.md). It is a foretaste: it ends early when
/// something is missing, when the question is asked again, or when it cannot be read; what counts is the task's result.
/// </summary>
internal sealed class LiveAnswer(Login login, TaskId task)
{
    private const int WaitSeconds = 25;

    internal async IAsyncEnumerable<AnswerPiece> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (await OpenAsync(ct).ConfigureAwait(false) is not { } reader)
            yield break;
        using var closing = reader;
        var held = new StringBuilder();
        while (await MoreAsync(reader, ct).ConfigureAwait(false) is { } text)
        {
            held.Append(text);
            var lines = held.ToString();
            var end = lines.LastIndexOf('\n') + 1;
            held.Remove(0, end);
            foreach (var line in lines[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Parse(line) is not { } piece)
                    yield break;
                yield return piece;
            }

            if (reader.HasEnded)
                yield break;
        }
    }

    private async Task<AttemptLogReader?> OpenAsync(CancellationToken ct)
    {
        var found = await login.Hub.TaskAsync(task, ct).ConfigureAwait(false);
        if (!found.IsOk || TaskKeyRecovery.Open(found.Value, login.Keys) is not { IsOk: true, Value: var key })
            return null;
        try
        {
            while (true)
            {
                var list = await login.Hub.TaskLogsAsync(task, 0, WaitSeconds, ct).ConfigureAwait(false);
                if (!list.IsOk)
                    return null;
                if (list.Value.Attempts.Count > 0)
                    return new AttemptLogReader(login.Hub, new AttemptId(task, list.Value.Attempts[0].Part, list.Value.Attempts[0].Attempt), key);
                if (TaskPhases.IsEnd(list.Value.Phase))
                    return null;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Null when nothing more comes.</summary>
    private async Task<string?> MoreAsync(AttemptLogReader reader, CancellationToken ct)
    {
        while (true)
        {
            var text = await reader.MoreAsync(WaitSeconds, ct).ConfigureAwait(false);
            if (!text.IsOk || text.Value.Length > 0 || reader.HasEnded)
                return text.IsOk ? text.Value : null;
            // The wait was over: because of the time, or because the task is.
            var list = await login.Hub.TaskLogsAsync(task, null, 0, ct).ConfigureAwait(false);
            if (!list.IsOk || TaskPhases.IsEnd(list.Value.Phase))
                return null;
        }
    }

    // Nodes are strangers: whatever else is in the line ends the foretaste.
    private static AnswerPiece? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject { Count: 1 } piece
                ? Text(piece, "content") is { } content ? new AnswerPiece(content, "")
                    : Text(piece, "reasoning_content") is { } reasoning ? new AnswerPiece("", reasoning) : null
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonObject piece, string name) => piece[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
