using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task logs</c></summary>
internal static class TaskLogCommand
{
    internal static Command Build(CliHost host)
    {
        var task = TaskCommands.TaskArgument();
        var part = new Option<int?>("--part") { Description = "One part only." };
        var attempt = new Option<int?>("--attempt") { Description = "That attempt; otherwise of each part the newest that has a log." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Shows what comes, until the task has ended." };
        var command = new Command("logs", "What its attempts write to standard error, decrypted here; also of nodes that are gone.") { task, part, attempt, follow };
        command.Aliases.Add("log");
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.TaskAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                if (answer.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                var (ofPart, ofAttempt) = (parsed.GetValue(part), parsed.GetValue(attempt));
                if (parsed.GetValue(follow))
                {
                    var fault = await new TaskLogFollower(session, login, answer.Value, ofPart, ofAttempt, log => Show(session, log, ofPart is null)).RunAsync(ct).ConfigureAwait(false);
                    return fault is null ? ExitCodes.Ok : session.Console.Fail(fault);
                }

                var logs = await ReadAsync(session, login, answer.Value, ofPart, ofAttempt, ct).ConfigureAwait(false);
                if (logs.Fault is { } unreadable)
                    return session.Console.Fail(unreadable);
                if (session.Console.Json)
                    session.Console.Document(logs.Value.Select(l => new LogDocument(l.Part, l.Text, l.Attempt)).ToArray());
                else
                    Print(session, logs.Value, ofPart is null);
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static async Task<Outcome<List<PartLog>>> ReadAsync(CliSession session, Login login, TaskResponse task, int? part, int? attempt, CancellationToken ct)
    {
        var logs = new List<PartLog>();
        var reader = new TaskLogs(session, login);
        var stored = await reader.StoredAsync(task.Summary.Task, ct).ConfigureAwait(false);
        foreach (var info in task.Parts.Where(p => part is not { } wanted || p.Part == wanted))
        {
            var log = await reader.ReadAsync(task, info, stored, attempt, ct).ConfigureAwait(false);
            if (log.Fault is { Code: not FaultCodes.NotFound } fault)
                return fault;
            if (log.IsOk && log.Value.Text.Length > 0)
                logs.Add(log.Value);
        }

        return logs;
    }

    /// <summary>With --json a line each; otherwise each line with its part, when there may be several.</summary>
    private static void Show(CliSession session, PartLog log, bool named)
    {
        if (session.Console.Json)
        {
            session.Console.Line(new LogDocument(log.Part, log.Text, log.Attempt));
            return;
        }

        var name = named ? $"[{log.Part}{(log.Attempt > 1 ? $"/{log.Attempt}" : "")}] " : "";
        foreach (var line in log.Text.TrimEnd('\n').Split('\n'))
            session.Console.Text(name + line);
        session.Host.Out.Flush();
    }

    private static void Print(CliSession session, List<PartLog> logs, bool titles)
    {
        foreach (var log in logs)
        {
            if (titles)
                session.Console.Text($"== part {log.Part}");
            session.Console.Text(log.Text.TrimEnd('\n'));
        }

        if (logs.Count == 0)
            session.Console.Remark("No part has written a log.");
    }
}
