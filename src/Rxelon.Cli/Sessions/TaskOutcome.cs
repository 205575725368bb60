using System.Security.Cryptography;
using Rxelon.Cli.Output;
using Rxelon.Client.Hub;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>
/// Fetches what a task produced and tells who did what, how long it took and what it cost. <paramref name="said"/>: what standard output got
/// already, while the task ran.
/// </summary>
internal sealed class TaskOutcome(CliSession session, Login login, ReadOnlyMemory<byte> said = default)
{
    private const int RowsPerPart = 20;

    /// <summary>
    /// Delivers the task's result, or with <paramref name="all"/> that of every stage and round, to a folder or, for "-", to standard
    /// output, and the report beside it.
    /// </summary>
    internal async Task<int> DeliverAsync(TaskId id, string target, MergeMode merge, CancellationToken ct, bool all = false)
    {
        var console = session.Console;
        var answer = await login.Hub.TaskAsync(id, ct).ConfigureAwait(false);
        if (answer.Fault is { } unknown)
            return console.Fail(unknown);
        var task = answer.Value;
        IReadOnlyList<string>? files = null;
        var parts = all ? [.. task.Parts.Where(p => p is { Result: not null, CheckOf: null }).OrderBy(p => p.Part)] : FinalParts.Of(task);
        if (parts.Count > 0)
        {
            var fetched = await FetchAsync(task, parts, target, merge, ct).ConfigureAwait(false);
            if (fetched.Fault is { } broken)
                return console.Fail(broken);
            files = fetched.Value;
        }

        var succeeded = TaskPhases.IsSuccess(task.Summary.Phase);
        await ReportAsync(task, target == "-" ? null : files, target, ct).ConfigureAwait(false);
        if (!succeeded)
            await ExplainAsync(task, ct).ConfigureAwait(false);
        return succeeded ? ExitCodes.Ok : ExitCodes.TaskFailed;
    }

    /// <summary>The report alone, as <c>task show</c> gives it.</summary>
    internal async Task<TaskReport> DescribeAsync(TaskResponse task, IReadOnlyList<string>? files, CancellationToken ct)
    {
        var nodes = await login.Hub.NodesAsync(ct).ConfigureAwait(false);
        var names = nodes.IsOk ? nodes.Value.ToDictionary(n => n.Node, n => n.Name) : [];
        var s = task.Summary;
        return new TaskReport(
            s.Task, s.Name, s.Phase, s.Hold, s.Cost, s.EndedAt is { } end ? (end - s.SubmittedAt).TotalSeconds : null, s.Reason,
            [.. task.Parts.Select(p => new PartReport(
                p.Part, p.Phase, p.Attempt, p.Node, p.Node is { } node ? names.GetValueOrDefault(node) : null,
                p.Metering?.WallMillis, p.Metering?.ExitCode, p.Cost, p.Stage, p.Round > 1 ? p.Round : null, p.CheckOf, p.ResultOf?.Part, p.Usage)
            {
                Compares = p.Compares,
            })],
            files, task.Progress);
    }

    /// <summary>Who did what: a row per part, or per node when there are many parts.</summary>
    internal static IEnumerable<string> WhoDidWhat(TaskReport report)
    {
        if (report.Parts.Count <= RowsPerPart)
        {
            return report.Parts.Select(p => string.Join("  ", $"part {p.Part}{Where(p)}", p.Phase.ToLowerInvariant(), Who(p), Took(p), Words.Money(p.Cost)));
        }

        return report.Parts.Where(p => p.Node is not null).GroupBy(Who)
            .Select(g => $"{g.Key}  {g.Count()} parts  {Words.Time(g.Sum(p => p.WallMillis ?? 0) / 1000.0)}  {Words.Money(Tokens.Sum(g.Select(p => p.Cost)))}");
    }

    // What it took, or takes so far.
    private static string Took(PartReport part) => part switch
    {
        { WallMillis: { } ms } => Words.Time(ms / 1000.0),
        { Usage: { } u } => $"{Words.Time(u.WallMillis / 1000.0)} (cpu {Words.Time(u.CpuMillis / 1000.0)}, {Words.Size(u.Memory)})",
        _ => "-",
    };

    private static string Where(PartReport part)
    {
        string?[] words =
        [
            part.Stage, part.Round is { } round ? $"round {round}" : null, part.CheckOf is { } of ? $"{(part.Compares ? "compares" : "repeats")} part {of}" : null,
            part.ResultOf is { } right ? $"result of part {right}" : null,
        ];
        return words.Any(w => w is not null) ? $" ({string.Join(", ", words.OfType<string>())})" : "";
    }

    private static string Who(PartReport part)
        => part.Node is not { } node ? "no node" : part.NodeName is { Length: > 0 } name ? $"{name} ({node})" : node.ToString();

    private async Task<Outcome<IReadOnlyList<string>>> FetchAsync(TaskResponse task, IReadOnlyList<PartInfo> parts, string target, MergeMode merge, CancellationToken ct)
    {
        var key = TaskKeyRecovery.Open(task, login.Keys);
        if (key.Fault is { } locked)
            return locked;
        var fetcher = new ResultFetcher(login.Hub, session.Profiles.DownloadsDirectory);
        try
        {
            return await ProgressView.RunAsync(session.Console, session.Host.Time, async view =>
            {
                var progress = new Steps(done => view.Report("fetching results", done, parts.Count));
                return target == "-"
                    ? await ToStdoutAsync(fetcher, task.Summary.Task, parts, key.Value, merge, progress, ct).ConfigureAwait(false)
                    : await ToFolderAsync(fetcher, task, parts, key.Value, Path.GetFullPath(target, session.Host.Directory), merge, progress, ct).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.Value);
        }
    }

    private async Task<Outcome<IReadOnlyList<string>>> ToStdoutAsync(
        ResultFetcher fetcher, TaskId task, IReadOnlyList<PartInfo> parts, byte[] key, MergeMode merge, IProgress<int> progress, CancellationToken ct)
    {
        // With --json standard output carries the one document.
        var stdout = new ContinuedStream(session.Console.Json ? Stream.Null : session.Host.Stdout(), said);
        await using (stdout.ConfigureAwait(false))
        {
            var fault = await fetcher.ToStreamAsync(task, parts, key, stdout, merge, progress, ct).ConfigureAwait(false);
            if (fault is null && stdout.Differs)
            {
                fault = new Fault(
                    FaultCodes.StreamDiffers,
                    $"The answer that was shown came from a node that then failed; the one that counts begins differently: rxelon task result {task}", Culprit.Node);
            }

            return fault is null ? Array.Empty<string>() : fault;
        }
    }

    private static async Task<Outcome<IReadOnlyList<string>>> ToFolderAsync(
        ResultFetcher fetcher, TaskResponse task, IReadOnlyList<PartInfo> parts, byte[] key, string target, MergeMode merge, IProgress<int> progress, CancellationToken ct)
    {
        using var folder = new ResultFolder(target, task);
        if (await fetcher.ToFolderAsync(task.Summary.Task, parts, key, folder, progress, ct).ConfigureAwait(false) is { } fault)
            return fault;
        return await folder.FinishAsync(merge, ct).ConfigureAwait(false);
    }

    private async Task ReportAsync(TaskResponse task, IReadOnlyList<string>? files, string target, CancellationToken ct)
    {
        var console = session.Console;
        if (!console.Json && !console.Talks)
            return;
        var report = await DescribeAsync(task, files, ct).ConfigureAwait(false);
        if (console.Json)
        {
            console.Document(report);
            return;
        }

        foreach (var row in WhoDidWhat(report))
            console.Remark("  " + row);
        console.Remark($"{report.Phase.ToLowerInvariant()}: {Words.Money(report.Cost)}" + (report.Seconds is { } s ? $", {Words.Time(s)}" : "")
            + (files is { Count: > 0 } ? $", {files.Count} file{(files.Count == 1 ? "" : "s")} in {target}" : ""));
    }

    private async Task ExplainAsync(TaskResponse task, CancellationToken ct)
    {
        var console = session.Console;
        if (task.Summary.Reason is { } reason)
            console.Fail(new Fault(reason.Code, reason.Message, Retryable: reason.Retryable));
        else
            console.Remark($"The task is {task.Summary.Phase.ToLowerInvariant()}; results of {task.Parts.Count(p => p.Result is not null)} of {task.Parts.Count} parts exist.");
        if (!console.Talks)
            return;
        foreach (var row in TaskLogs.Rows(await new TaskLogs(session, login).LastLinesAsync(task, ct).ConfigureAwait(false)))
            console.Remark(row);
    }

    private sealed class Steps(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
