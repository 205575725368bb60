using System.Threading.Channels;
using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Live;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Http;

/// <summary>
/// Server-sent events of one task (WHATWG HTML, "Server-sent events"): its present state, then what changes, until it has ended.
/// A reader that is too slow misses news but never the end; counts in each event are totals.
/// </summary>
internal static class TaskEventsEndpoint
{
    private const int MaxWaiting = 256;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(2);

    internal static void MapTaskEvents(this IEndpointRouteBuilder api)
        => api.MapGet("/v1/tasks/{id}/events", WatchAsync).WithMetadata(NeedsAccount.Instance)
            .Produces<TaskNewsInfo>(200, "text/event-stream")
            .WithSummary("Events named \"task\": the present state first, then every change; the stream ends with the task.");

    private static async Task WatchAsync(
        TaskId id, HttpContext context, Caller caller, HubCalls calls, IProgressBoard board, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var news = Channel.CreateBounded<TaskNews>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });
        var watcher = calls.System.ActorOf(Props.Create(() => new NewsWatcher(news.Writer)));
        try
        {
            // Watching before asking: nothing can happen in between unseen.
            calls.News.Tell(new Watch(id, watcher), watcher);
            var reply = await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), ending.Token);
            if (reply is TaskRefused refused)
            {
                await Answers.WriteProblemAsync(context, refused.Fault);
                return;
            }

            var stream = new TaskEventStream(context, (TaskView)reply, board, time);
            await stream.BeginAsync(ending.Token);
            var told = time.GetTimestamp();
            while (!stream.HasEnded)
            {
                if (await NextAsync(news.Reader, time, ending.Token) is { } next)
                    await stream.SendAsync(next, ending.Token);
                else if (time.GetElapsedTime(told) >= KeepAlive)
                    await stream.RefreshAsync(await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), ending.Token), ending.Token);
                else if (!await stream.ProgressAsync(ending.Token))
                    continue;
                told = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader went away, or the hub stops and the reader will ask again.
            context.Abort();
        }
        finally
        {
            calls.System.Stop(watcher);
        }
    }

    /// <summary>The next news, or null when it is time to look at the progress.</summary>
    private static async Task<TaskNews?> NextAsync(ChannelReader<TaskNews> news, TimeProvider time, CancellationToken ending)
    {
        using var silence = new CancellationTokenSource(ProgressEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, ending);
        try
        {
            return await news.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            return null;
        }
    }

    private sealed class NewsWatcher : ReceiveActor
    {
        public NewsWatcher(ChannelWriter<TaskNews> news) => Receive<TaskNews>(n => news.TryWrite(n));
    }
}
