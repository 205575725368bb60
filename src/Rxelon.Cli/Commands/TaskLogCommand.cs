using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task logs</c></summary>
internal static class TaskLogCommand
{
    internal static Command Build(CliHost host)
    {
        var task = TaskCommands.TaskArgument();
        var part = new Option<int?>("--part") { Description = "One part only." };
        var command = new Command("logs", "What its attempts wrote to standard error, decrypted here.") { task, part };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.TaskAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                if (answer.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                var logs = new List<LogDocument>();
                foreach (var info in answer.Value.Parts.Where(p => parsed.GetValue(part) is not { } wanted || p.Part == wanted))
                {
                    var log = await new TaskLogs(session, login).ReadAsync(answer.Value, info, ct).ConfigureAwait(false);
                    if (log.Fault is { Code: not FaultCodes.NotFound } fault)
                        return session.Console.Fail(fault);
                    if (log.IsOk && log.Value.Length > 0)
                        logs.Add(new LogDocument(info.Part, log.Value));
                }

                if (session.Console.Json)
                    session.Console.Document(logs.ToArray());
                else
                    Print(session, logs, parsed.GetValue(part) is null);
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static void Print(CliSession session, List<LogDocument> logs, bool titles)
    {
        foreach (var log in logs)
        {
            if (titles)
                session.Console.Text($"== part {log.Part}");
            session.Console.Text(log.Log.TrimEnd('\n'));
        }

        if (logs.Count == 0)
            session.Console.Remark("No part has written a log.");
    }
}
