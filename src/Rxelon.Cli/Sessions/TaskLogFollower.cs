using System.Security.Cryptography;
using System.Text;
using Rxelon.Client.Hub;
using Rxelon.Client.Results;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>
/// Shows what a task's attempts write, as it comes, until the task has ended; in whole lines, because several may write. Parts whose log went
/// out with their result only are shown at the end.
/// </summary>
internal sealed class TaskLogFollower(CliSession session, Login login, TaskResponse task, int? part, int? attempt, Action<PartLog> show)
{
    private const int WaitSeconds = 25;

    // The last chunks may come a moment after the task's end.
    private const int LastLooks = 5;
    private const int MostFailures = 8;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(int Part, int Attempt), Followed> _followed = [];

    /// <summary>Null at the end.</summary>
    internal async Task<Fault?> RunAsync(CancellationToken ct)
    {
        var key = TaskKeyRecovery.Open(task, login.Keys);
        if (key.Fault is { } locked)
            return locked;
        try
        {
            return await FollowAsync(key.Value, ct).ConfigureAwait(false) ?? await RestAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.Value);
            foreach (var followed in _followed.Values)
                followed.Reader.Dispose();
        }
    }

    private async Task<Fault?> FollowAsync(byte[] key, CancellationToken ct)
    {
        long? seen = null;
        var failures = 0;
        for (var looks = 0; looks < LastLooks;)
        {
            var list = await login.Hub.TaskLogsAsync(task.Summary.Task, seen, WaitSeconds, ct).ConfigureAwait(false);
            if ((list.Fault ?? await ReadAllAsync(list.Value, key, ct).ConfigureAwait(false)) is { } fault)
            {
                // A hub that is away may be starting again: its logs go on where they were.
                if (!fault.Retryable || failures == MostFailures)
                    return fault;
                var pause = Between * Math.Pow(2, failures++);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, session.Host.Time, ct).ConfigureAwait(false);
                continue;
            }

            failures = 0;
            seen = list.Value.Bytes;
            if (!TaskPhases.IsEnd(list.Value.Phase))
                continue;
            if (_followed.Values.All(f => f.Reader.HasEnded))
                break;
            looks++;
            await Task.Delay(Between, session.Host.Time, ct).ConfigureAwait(false);
        }

        foreach (var (id, followed) in _followed)
            Show(id, followed, "", isEnd: true);
        return null;
    }

    private async Task<Fault?> ReadAllAsync(TaskLogsResponse list, byte[] key, CancellationToken ct)
    {
        foreach (var log in list.Attempts.Where(l => (part is null || l.Part == part) && (attempt is null || l.Attempt == attempt)))
        {
            if (await ReadAsync(log, key, ct).ConfigureAwait(false) is { } unreadable)
                return unreadable;
        }

        return null;
    }

    private async Task<Fault?> ReadAsync(AttemptLogInfo log, byte[] key, CancellationToken ct)
    {
        var id = (log.Part, log.Attempt);
        if (!_followed.TryGetValue(id, out var followed))
            _followed.Add(id, followed = new Followed(new AttemptLogReader(login.Hub, new AttemptId(task.Summary.Task, log.Part, log.Attempt), key)));
        if (log.Next <= followed.Reader.Next)
            return null;
        var text = await followed.Reader.MoreAsync(0, ct).ConfigureAwait(false);
        if (text.Fault is { } fault)
            return fault;
        Show(id, followed, text.Value, isEnd: false);
        return null;
    }

    private void Show((int Part, int Attempt) id, Followed followed, string text, bool isEnd)
    {
        followed.Line.Append(text);
        var held = followed.Line.ToString();
        var lines = isEnd ? held.Length : held.LastIndexOf('\n') + 1;
        if (lines == 0)
            return;
        show(new PartLog(id.Part, id.Attempt, TaskLogs.Harmless(held[..lines])));
        followed.Line.Remove(0, lines);
    }

    private async Task<Fault?> RestAsync(CancellationToken ct)
    {
        var ended = await login.Hub.TaskAsync(task.Summary.Task, ct).ConfigureAwait(false);
        if (ended.Fault is { } fault)
            return fault;
        var logs = new TaskLogs(session, login);
        foreach (var quiet in ended.Value.Parts.Where(p => p.Result is not null && (part is null || p.Part == part) && !_followed.ContainsKey((p.Part, p.Attempt))))
        {
            if (attempt is not null && attempt != quiet.Attempt)
                continue;
            var log = await logs.ReadAsync(ended.Value, quiet, [], null, ct).ConfigureAwait(false);
            if (log.IsOk && log.Value.Text.Length > 0)
                show(log.Value with { Attempt = quiet.Attempt });
        }

        return null;
    }

    private sealed record Followed(AttemptLogReader Reader)
    {
        internal StringBuilder Line { get; } = new();
    }
}
