using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Hub;

/// <summary>
/// Server-sent events of one task (WHATWG HTML, "Server-sent events"), across reconnects. Keep-alive comments come at least
/// every <see cref="Silence"/>, so a longer silence is a dead connection.
/// </summary>
internal sealed class TaskFeed(HubConnection connection, TaskId task)
{
    private const int MaxFailures = 8;
    private const string EventName = "task";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private string? _lastId;
    private Fault? _cut;

    internal async IAsyncEnumerable<Outcome<TaskNewsInfo>> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var failures = 0; ; failures++)
        {
            _cut = null;
            await foreach (var news in ConnectionAsync(ct).ConfigureAwait(false))
            {
                failures = 0;
                yield return news;
                if (TaskPhases.IsEnd(news.Phase))
                    yield break;
            }

            if (_cut is { } fault && (!fault.Retryable || failures >= MaxFailures))
            {
                yield return fault;
                yield break;
            }

            var wait = FirstWait * Math.Pow(2, failures);
            await Task.Delay(wait < LongestWait ? wait : LongestWait, connection.Time, ct).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<TaskNewsInfo> ConnectionAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"v1/tasks/{task}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_lastId is not null)
            request.Headers.Add("Last-Event-ID", _lastId);
        var opened = await connection.StreamAsync(request, ct).ConfigureAwait(false);
        if (opened.Fault is { } fault)
        {
            _cut = fault;
            yield break;
        }

        using var response = opened.Value;
        var body = new WatchedStream(await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false), connection.Time, Silence);
        await using var closing = body.ConfigureAwait(false);
        var events = SseParser.Create(body, static (type, data) => (type, Encoding.UTF8.GetString(data)))
            .EnumerateAsync(ct).GetAsyncEnumerator(ct);
        await using var ending = events.ConfigureAwait(false);
        while (await NextAsync(events).ConfigureAwait(false))
        {
            _lastId = events.Current.EventId ?? _lastId;
            if (events.Current.EventType != EventName)
                continue;
            var news = HubConnection.ReadJson<TaskNewsInfo>(Encoding.UTF8.GetBytes(events.Current.Data.Item2));
            if (news.Fault is { } malformed)
            {
                _cut = malformed;
                yield break;
            }

            yield return news.Value;
        }
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<SseItem<(string, string)>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            _cut = connection.Unreachable(e);
            return false;
        }
    }
}
