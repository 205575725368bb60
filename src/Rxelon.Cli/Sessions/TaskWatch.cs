using Rxelon.Cli.Output;
using Rxelon.Client.Hub;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Follows a task to its end.</summary>
internal sealed class TaskWatch(CliSession session, Login login)
{
    private const double Whole = 100;

    /// <summary>The stage and round of the latest part that moved; empty in a task without stages.</summary>
    private string _where = "";

    /// <summary>Shows progress; null at the end of the task, whatever the end is.</summary>
    internal Task<Fault?> UntilEndAsync(TaskId task, CancellationToken ct)
        => ProgressView.RunAsync(session.Console, session.Host.Time, async view =>
        {
            await foreach (var news in login.Hub.WatchAsync(task, ct).ConfigureAwait(false))
            {
                if (news.Fault is { } fault)
                    return fault;
                var what = await DescribeAsync(news.Value, ct).ConfigureAwait(false);
                if (news.Value.Progress is { } progress)
                    view.Report(what, progress.Percent, Whole, progress.EtaSeconds);
                else
                    view.Report(what, news.Value.PartsAccepted, news.Value.PartsTotal);
            }

            return null;
        });

    /// <summary>One JSON line per change.</summary>
    internal async Task<Fault?> LinesAsync(TaskId task, CancellationToken ct)
    {
        await foreach (var news in login.Hub.WatchAsync(task, ct).ConfigureAwait(false))
        {
            if (news.Fault is { } fault)
                return fault;
            session.Console.Line(news.Value);
        }

        return null;
    }

    private async Task<string> DescribeAsync(TaskNewsInfo news, CancellationToken ct)
    {
        var phase = news.Phase.ToLowerInvariant();
        if (TaskPhases.IsEnd(news.Phase))
            return phase;
        if (news.Changed.Where(p => p.Phase is "Assigned" or "KeyReleased").MaxBy(p => p.Part) is { } moved)
            _where = (moved.Stage is { } stage ? $" {stage}" : "") + (moved.Round > 1 ? $", round {moved.Round}" : "");
        if (news.PartsRunning > 0 || news.PartsAccepted > 0 || !session.Console.Talks)
            return "running" + _where;
        var why = await login.Hub.WhyAsync(task: news.Task, ct).ConfigureAwait(false);
        return why.IsOk && why.Value.Sentence.Length > 0 ? $"{phase} ({why.Value.Sentence.TrimEnd('.')})" : phase;
    }
}
