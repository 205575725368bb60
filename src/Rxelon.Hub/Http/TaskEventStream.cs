using System.Text;
using System.Text.Json;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Live;
using Rxelon.Shared.Api;

namespace Rxelon.Hub.Http;

/// <summary>One reader of a task's events: what it was told last, and how that is written.</summary>
internal sealed class TaskEventStream(HttpContext context, TaskView first, IProgressBoard board, TimeProvider time)
{
    private static readonly byte[] StillHere = Encoding.ASCII.GetBytes(": still here\n\n");
    private readonly HashSet<int> _checks = [.. first.Parts.Where(p => p.Origin.CheckOf is not null).Select(p => p.Part)];
    private readonly long _planned = first.Plan.Total;
    private DateTimeOffset? _started = first.StartedAt;
    private TaskNewsInfo? _last;
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

    internal Task SendAsync(TaskNews news, CancellationToken cancel)
    {
        _checks.UnionWith(news.Changed.Where(p => p.Origin.CheckOf is not null).Select(p => p.Part));
        if (news.PartsRunning > 0)
            _started ??= news.At;
        return SendAsync(TaskMapping.News(news), news.Phase, cancel);
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

    /// <summary>What running parts say of themselves changes without the task's doing; true when that was told.</summary>
    internal async Task<bool> ProgressAsync(CancellationToken cancel)
    {
        if (_last is not { } last || board.Of(last.Task) is not { } said)
            return false;
        var progress = Progress(last, said);
        if (progress == last.Progress)
            return false;
        await WriteAsync(last with { Changed = [], Progress = progress }, cancel);
        return true;
    }

    private ProgressInfo Progress(TaskNewsInfo news, IReadOnlyDictionary<int, int>? said) => TaskMapping.Progress(
        Math.Max(_planned, news.PartsTotal), news.PartsAccepted, said, p => !_checks.Contains(p), _started, time.GetUtcNow(), HasEnded);

    private Task SendAsync(TaskNewsInfo news, TaskPhase phase, CancellationToken cancel)
    {
        _phase = phase;
        return WriteAsync(news with { Progress = Progress(news, board.Of(news.Task)) }, cancel);
    }

    private async Task WriteAsync(TaskNewsInfo news, CancellationToken cancel)
    {
        _last = news;
        var json = JsonSerializer.Serialize(_last, ApiJson.Default.TaskNewsInfo);
        await context.Response.WriteAsync($"id: {++_id}\nevent: task\ndata: {json}\n\n", cancel);
        await context.Response.Body.FlushAsync(cancel);
    }
}
