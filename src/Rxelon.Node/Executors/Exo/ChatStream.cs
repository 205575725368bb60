using System.Text.Json;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Exo;

/// <summary>How a stream ended.</summary>
internal enum ChatEnd
{
    /// <summary>A finish reason was seen.</summary>
    Finished,

    /// <summary>Nothing but keep-alives for too long.</summary>
    Stalled,

    /// <summary>The cluster's fault: an error chunk, an end without a finish, the instance gone.</summary>
    Broken,

    /// <summary>EXO does not take the request.</summary>
    Refused,

    /// <summary>More output than the part may have.</summary>
    TooMuch,
}

/// <summary>
/// Reads one chat completion as EXO streams it (server-sent events; what matters is also in comments). Time is counted since the
/// last token or prefill progress, never since the last byte, and an instance that leaves the state ends its streams.
/// </summary>
internal sealed class ChatStream(ExoBackend backend, string instance, Completion completion)
{
    private const string Data = "data:";
    private const string Prefill = ": prefill_progress";
    private const string Stats = ": generation_stats";
    private const string End = "[DONE]";

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>Throws only when <paramref name="cancel"/> was asked for.</summary>
    internal async Task<ChatEnd> ReadAsync(string body, CancellationToken cancel)
    {
        using var watchdog = new CancellationTokenSource(backend.Times.Stall, backend.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancel, watchdog.Token, backend.Alive(instance));
        try
        {
            return await ReadAsync(body, watchdog, any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return completion.IsFinished ? ChatEnd.Finished : watchdog.IsCancellationRequested ? ChatEnd.Stalled : ChatEnd.Broken;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return completion.IsFinished ? ChatEnd.Finished : ChatEnd.Broken;
        }
    }

    /// <summary>Tells the cluster to stop, if it has begun. Its answer does not matter: closing the connection is the other half.</summary>
    internal async Task CancelAsync()
    {
        if (completion is { Command: { } command, IsFinished: false })
            _ = await backend.Api.CancelAsync(command, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<ChatEnd> ReadAsync(string body, CancellationTokenSource watchdog, CancellationToken cancel)
    {
        var opened = await backend.Api.ChatAsync(body, cancel).ConfigureAwait(false);
        if (opened.Fault is { } fault)
            return fault.Code == FaultCodes.Malformed ? ChatEnd.Refused : ChatEnd.Broken;
        using var response = opened.Value;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false));
        while (await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            if (Take(line) is not { } isProgress)
                break;
            if (!isProgress)
                continue;
            if (completion.IsTooLong)
                return ChatEnd.TooMuch;
            if (completion.Error is not null)
                return ChatEnd.Broken;
            backend.Progressed(instance);
            watchdog.CancelAfter(completion.IsFinished ? Farewell : backend.Times.Stall);
        }

        return completion.IsFinished ? ChatEnd.Finished : ChatEnd.Broken;
    }

    // Null at the end of the stream; true when the line is a sign of work.
    private bool? Take(string line)
    {
        if (line.StartsWith(Data, StringComparison.Ordinal))
        {
            var data = line.AsMemory(Data.Length).Trim();
            if (data.Span.SequenceEqual(End))
                return null;
            using var chunk = JsonDocument.Parse(data);
            completion.Take(chunk.RootElement);
            return true;
        }

        if (line.StartsWith(Stats, StringComparison.Ordinal))
        {
            using var stats = JsonDocument.Parse(line.AsMemory(Stats.Length));
            completion.TakeStats(stats.RootElement);
        }

        return line.StartsWith(Prefill, StringComparison.Ordinal);
    }
}
