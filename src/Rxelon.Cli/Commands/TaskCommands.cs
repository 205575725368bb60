using System.CommandLine;
using System.Security.Cryptography;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Hub;
using Rxelon.Client.Specs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task …</c></summary>
internal static class TaskCommands
{
    internal static Command Build(CliHost host) => new("task", "Your tasks.")
    {
        List(host), Show(host), Watch(host), Why(host), Result(host), TaskCheckCommand.Build(host), TaskLogCommand.Build(host), TaskReceiptCommand.Build(host), Set(host),
        Simple(host, "cancel", "Stop it; what was finished is paid, the rest of the hold returns.", "cancelled", (hub, task, ct) => hub.CancelAsync(task, ct)),
        Simple(host, "delete", "Destroy its ciphertext and keys on the hub, after its end.", "deleted", (hub, task, ct) => hub.DeleteTaskAsync(task, ct)),
        TaskResumeCommand.Build(host), TaskKeysCommand.Build(host), TaskCompareCommand.Build(host),
    };

    internal static Argument<TaskId> TaskArgument() => new("task")
    {
        Description = "A task id (t_…).",
        CustomParser = result =>
        {
            if (TaskId.TryParse(result.Tokens[0].Value, out var task))
                return task;
            result.AddError($"'{result.Tokens[0].Value}' is not a task id (t_ and 26 letters and digits).");
            return default;
        },
    };

    private static Command List(CliHost host)
    {
        var all = new Option<bool>("--all") { Description = "Every page, not only the newest." };
        var command = new Command("list", "Your tasks, newest first.") { all };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var tasks = new List<TaskSummary>();
                string? next = null;
                do
                {
                    var page = await login.Hub.TasksAsync(next, ct).ConfigureAwait(false);
                    if (page.Fault is { } fault)
                        return session.Console.Fail(fault);
                    tasks.AddRange(page.Value.Tasks);
                    next = page.Value.Next;
                }
                while (parsed.GetValue(all) && next is not null);

                if (session.Console.Json)
                    session.Console.Document(new TaskPage(tasks, next));
                else
                {
                    session.Console.Table(
                        ["TASK", "NAME", "PHASE", "PARTS", "COST", "SUBMITTED"],
                        tasks.Select(t => (string[])[t.Task.ToString(), t.Name, t.Phase, $"{t.PartsAccepted}/{t.PartsTotal}", t.Cost.ToString(), Words.Date(t.SubmittedAt)]));
                }

                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Show(CliHost host)
    {
        var task = TaskArgument();
        var command = new Command("show", "State, parts, who ran them, price.") { task };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.TaskAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                if (answer.Fault is { } fault)
                    return session.Console.Fail(fault);
                var report = await new TaskOutcome(session, login).DescribeAsync(answer.Value, null, ct).ConfigureAwait(false);
                var lines = await new TaskLogs(session, login).LastLinesAsync(answer.Value, ct).ConfigureAwait(false);
                if (session.Console.Json)
                {
                    session.Console.Document(lines.Count == 0 ? report : report with { LastLines = [.. lines.Select(l => new LogDocument(l.Part, l.Text, l.Attempt))] });
                    return ExitCodes.Ok;
                }

                var summary = answer.Value.Summary;
                session.Console.Facts(
                    ("task", summary.Task.ToString()), ("name", summary.Name), ("kind", summary.Kind), ("phase", summary.Phase),
                    ("parts", $"{summary.PartsAccepted} of {summary.PartsTotal} accepted, {summary.PartsRunning} running"),
                    ("progress", summary.EndedAt is null ? Words.Progress(answer.Value.Progress) : null),
                    ("hold", Words.Money(summary.Hold)), ("cost", Words.Money(summary.Cost)), ("submitted", Words.Date(summary.SubmittedAt)),
                    ("ended", summary.EndedAt is { } end ? $"{Words.Date(end)} after {Words.Time(report.Seconds!.Value)}" : null),
                    ("reason", summary.Reason is { } reason ? $"{reason.Code}: {reason.Message}" : null),
                    ("waiting", answer.Value.Waiting?.Sentence));
                foreach (var row in TaskOutcome.WhoDidWhat(report))
                    session.Console.Text("  " + row);
                foreach (var row in TaskLogs.Rows(lines))
                    session.Console.Text(row);
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Watch(CliHost host)
    {
        var task = TaskArgument();
        var command = new Command("watch", "Follow it to its end; the exit code tells whether it succeeded.") { task };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var watch = new TaskWatch(session, login);
                var id = parsed.GetValue(task);
                var fault = session.Console.Json ? await watch.LinesAsync(id, ct).ConfigureAwait(false) : await watch.UntilEndAsync(id, ct).ConfigureAwait(false);
                if (fault is not null)
                    return session.Console.Fail(fault);
                var ended = await login.Hub.TaskAsync(id, ct).ConfigureAwait(false);
                if (ended.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                if (!session.Console.Json)
                    session.Console.Text($"{ended.Value.Summary.Phase.ToLowerInvariant()}: {Words.Money(ended.Value.Summary.Cost)}");
                return TaskPhases.IsSuccess(ended.Value.Summary.Phase) ? ExitCodes.Ok : ExitCodes.TaskFailed;
            });
        });
        return command;
    }

    private static Command Why(CliHost host)
    {
        var task = TaskArgument();
        var command = new Command("why", "Why it waits, and for how long probably.") { task };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var why = await login.Hub.WhyAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                if (why.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                {
                    session.Console.Document(why.Value);
                    return ExitCodes.Ok;
                }

                session.Console.Text(why.Value.Sentence + (why.Value.EstimateSeconds is { } s ? $" Estimated: {Words.Time(s)}." : ""));
                var answer = await login.Hub.TaskAsync(parsed.GetValue(task), ct).ConfigureAwait(false);
                var lines = answer.IsOk ? await new TaskLogs(session, login).LastLinesAsync(answer.Value, ct).ConfigureAwait(false) : [];
                foreach (var row in TaskLogs.Rows(lines))
                    session.Console.Text(row);
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Result(CliHost host)
    {
        var task = TaskArgument();
        var output = RunCommands.Out();
        var merge = new Option<MergeMode>("--merge") { Description = "concat: one tree; csv, jsonl: the same, standard outputs joined by record; none: a folder per part.", DefaultValueFactory = _ => MergeMode.Concat };
        var all = new Option<bool>("--all") { Description = "The results of all stages and rounds, in a folder per part; otherwise those of the last stages." };
        var command = new Command("result", "Fetch, check and decrypt its results; works on every machine with the account file.") { task, output, merge, all };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(login => new TaskOutcome(session, login)
                .DeliverAsync(
                    parsed.GetValue(task), parsed.GetValue(output)!, parsed.GetValue(all) ? MergeMode.None : parsed.GetValue(merge), ct, parsed.GetValue(all)));
        });
        return command;
    }

    private static Command Set(CliHost host)
    {
        var task = TaskArgument();
        var tier = new Option<Tier?>("--tier") { Description = "economy, standard or priority." };
        var max = new Option<Tokens?>("--max") { Description = "The most it may cost, in tokens.", CustomParser = r => PlanOptions.ParseTokens(r) };
        var deadline = PlanOptions.Quantity<long>("--deadline", "From submission until it must have ended, such as 2h.", Quantities.TrySeconds);
        var command = new Command("set", "Change tier, budget or deadline while it lives.") { task, tier, max, deadline };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var seconds = parsed.GetValue(deadline) is > 0 and var given ? given : (long?)null;
            var change = new AdjustRequest(parsed.GetValue(tier)?.ToString(), parsed.GetValue(max), seconds);
            if (change is { Tier: null, BudgetMax: null, DeadlineSeconds: null })
                return Task.FromResult(session.Console.Fail(new Fault(FaultCodes.Malformed, "Say what to change: --tier, --max or --deadline.", Culprit.Input)));
            return DoAsync(session, parsed.GetValue(task), "changed", (hub, id, cancel) =>
                hub.AdjustAsync(id, change, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), cancel), ct);
        });
        return command;
    }

    private static Command Simple(
        CliHost host, string name, string description, string done, Func<HubClient, TaskId, CancellationToken, Task<Fault?>> act)
    {
        var task = TaskArgument();
        var command = new Command(name, description) { task };
        command.SetAction((parsed, ct) => DoAsync(CliSession.Of(parsed, host), parsed.GetValue(task), done, act, ct));
        return command;
    }

    private static Task<int> DoAsync(
        CliSession session, TaskId task, string done, Func<HubClient, TaskId, CancellationToken, Task<Fault?>> act, CancellationToken ct)
        => session.WithHubAsync(async login =>
        {
            if (await act(login.Hub, task, ct).ConfigureAwait(false) is { } fault)
                return session.Console.Fail(fault);
            if (session.Console.Json)
                session.Console.Document(new DoneDocument(task.ToString(), done));
            else
                session.Console.Remark($"{task} {done}");
            return ExitCodes.Ok;
        });
}
