using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
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
    private static readonly byte[] StillHere = Encoding.ASCII.GetBytes(": still here\n\n");

    internal static void MapTaskEvents(this IEndpointRouteBuilder api)
        => api.MapGet("/v1/tasks/{id}/events", WatchAsync).WithMetadata(NeedsAccount.Instance)
            .Produces<TaskNewsInfo>(200, "text/event-stream")
            .WithSummary("Events named \"task\": the present state first, then every change; the stream ends with the task.");

    private static async Task WatchAsync(
        TaskId id, HttpContext context, Caller caller, HubCalls calls, TimeProvider time, IHostApplicationLifetime lifetime)
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

            var stream = new Stream(context, (TaskView)reply);
            await stream.BeginAsync(ending.Token);
            while (!stream.HasEnded)
            {
                if (await NextAsync(news.Reader, time, ending.Token) is { } next)
                    await stream.SendAsync(TaskMapping.News(next), next.Phase, ending.Token);
                else
                    await stream.RefreshAsync(await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), ending.Token), ending.Token);
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

    /// <summary>The next news, or null after a time of silence.</summary>
    private static async Task<TaskNews?> NextAsync(ChannelReader<TaskNews> news, TimeProvider time, CancellationToken ending)
    {
        using var silence = new CancellationTokenSource(KeepAlive, time);
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

    private sealed class Stream(HttpContext context, TaskView first)
    {
        private long _id;
        private TaskPhase _phase = first.Phase;

        internal bool HasEnded => _phase.HasEnded();

        internal Task BeginAsync(CancellationToken cancel)
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no"; // proxies of the nginx kind would hold events back
            return SendAsync(TaskMapping.News(first), first.Phase, cancel);
        }

        internal async Task SendAsync(TaskNewsInfo news, TaskPhase phase, CancellationToken cancel)
        {
            _phase = phase;
            var json = JsonSerializer.Serialize(news, ApiJson.Default.TaskNewsInfo);
            await context.Response.WriteAsync($"id: {++_id}\nevent: task\ndata: {json}\n\n", cancel);
            await context.Response.Body.FlushAsync(cancel);
        }

        /// <summary>Keeps the connection alive; and should the end have been missed, tells it.</summary>
        internal async Task RefreshAsync(TaskReply present, CancellationToken cancel)
        {
            if (present is TaskView view && view.Phase.HasEnded())
            {
                await SendAsync(TaskMapping.News(view), view.Phase, cancel);
                return;
            }

            await context.Response.Body.WriteAsync(StillHere, cancel);
            await context.Response.Body.FlushAsync(cancel);
        }
    }
}
