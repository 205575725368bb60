using System.Security.Cryptography;
using System.Text;
using Rxelon.Client.Results;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>What a part wrote, and in which attempt when that is known.</summary>
internal sealed record PartLog(int Part, int? Attempt, string Text);

/// <summary>Reads logs. They come from strangers' programs: control characters are shown as '?', so that a terminal obeys nobody.</summary>
internal sealed class TaskLogs(CliSession session, Login login)
{
    private const int LastLines = 20;
    private const int MostFailures = 3;

    /// <summary>The logs that lie on the hub; none when it keeps none.</summary>
    internal async Task<IReadOnlyList<AttemptLogInfo>> StoredAsync(TaskId task, CancellationToken ct)
    {
        var list = await login.Hub.TaskLogsAsync(task, null, 0, ct).ConfigureAwait(false);
        return list.IsOk ? list.Value.Attempts : [];
    }

    /// <summary>
    /// The log of one attempt, or else of the newest that has one: as it came, the end that a failure brought, or the standard error of the
    /// result. Not-found when there is none.
    /// </summary>
    internal async Task<Outcome<PartLog>> ReadAsync(TaskResponse task, PartInfo part, IReadOnlyList<AttemptLogInfo> stored, int? attempt, CancellationToken ct)
    {
        var key = TaskKeyRecovery.Open(task, login.Keys);
        if (key.Fault is { } locked)
            return locked;
        try
        {
            var newest = stored.Where(l => l.Part == part.Part && (attempt is null || l.Attempt == attempt)).Select(l => l.Attempt).DefaultIfEmpty().Max();
            // A result has the standard error of its own attempt, which ended too soon to ship any.
            var settled = part.Result is not null && part.ResultOf is null && newest != part.Attempt;
            if (newest > 0 && (attempt is not null || !settled))
                return await LiveAsync(task.Summary.Task, part.Part, newest, key.Value, ct).ConfigureAwait(false);
            if (attempt is not null && (part.Result is null || attempt != part.Attempt))
                return new Fault(FaultCodes.NotFound, $"Attempt {attempt} of part {part.Part} has no log.", Culprit.Input);
            var fetcher = new ResultFetcher(login.Hub, session.Profiles.DownloadsDirectory);
            var log = await fetcher.LogAsync(task.Summary.Task, settled ? part with { LastLog = null } : part, key.Value, ct).ConfigureAwait(false);
            return log.Fault is { } fault ? fault : new PartLog(part.Part, attempt, Harmless(Encoding.UTF8.GetString(log.Value)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.Value);
        }
    }

    /// <summary>The last lines of parts that failed and have no result, of some of them when there are many.</summary>
    internal async Task<IReadOnlyList<PartLog>> LastLinesAsync(TaskResponse task, CancellationToken ct)
    {
        var failed = task.Parts.Where(p => p is { LastFault: not null, Result: null }).ToList();
        if (failed.Count == 0 || task.Erased)
            return [];
        var stored = await StoredAsync(task.Summary.Task, ct).ConfigureAwait(false);
        var found = new List<PartLog>();
        foreach (var part in failed.Where(p => p.LastLog is not null || stored.Any(l => l.Part == p.Part)).Take(MostFailures))
        {
            var log = await ReadAsync(task, part, stored, null, ct).ConfigureAwait(false);
            if (log.IsOk && log.Value.Text.TrimEnd('\n') is { Length: > 0 } text)
                found.Add(log.Value with { Text = string.Join('\n', text.Split('\n').TakeLast(LastLines)) });
        }

        return found;
    }

    /// <summary>The same as people read them, a line each.</summary>
    internal static IEnumerable<string> Rows(IEnumerable<PartLog> logs)
        => logs.SelectMany(l => l.Text.Split('\n').Select(line => "  | " + line)
            .Prepend($"last log of part {l.Part}{(l.Attempt is { } attempt ? $", attempt {attempt}" : "")}:"));

    /// <summary>Line ends and tabs stay.</summary>
    internal static string Harmless(string text)
        => string.Create(text.Length, text, static (into, from) =>
        {
            for (var i = 0; i < from.Length; i++)
                into[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '?' : from[i];
        });

    private async Task<Outcome<PartLog>> LiveAsync(TaskId task, int part, int attempt, byte[] key, CancellationToken ct)
    {
        using var reader = new AttemptLogReader(login.Hub, new AttemptId(task, part, attempt), key);
        var text = await reader.MoreAsync(0, ct).ConfigureAwait(false);
        return text.Fault is { } fault ? fault : new PartLog(part, attempt, Harmless(text.Value));
    }
}
