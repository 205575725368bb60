using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon submit | validate | quote</c>: tasks from task files.</summary>
internal static class SubmitCommands
{
    internal static Command Submit(CliHost host)
    {
        var file = FileOption();
        var output = RunCommands.Out();
        var command = new Command("submit", "Run the task of a task file and fetch its results.") { file, output, RunCommands.Detach };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return WithPlanAsync(session, parsed.GetValue(file)!, plan => session.WithHubAsync(login => new TaskRun(session, login)
                .RunAsync(plan, new RunWishes(parsed.GetValue(output)!, parsed.GetValue(RunCommands.Detach)), ct)));
        });
        return command;
    }

    internal static Command Validate(CliHost host)
    {
        var file = new Argument<string>("file") { Description = "A task file." };
        var command = new Command("validate", "Check a task file without a hub: every error with line and field.") { file };
        command.SetAction((parsed, _) =>
        {
            var session = CliSession.Of(parsed, host);
            return WithPlanAsync(session, parsed.GetValue(file)!, plan =>
            {
                if (session.Console.Json)
                    session.Console.Document(new ValidationDocument(true, []));
                else
                    session.Console.Text($"{parsed.GetValue(file)} is valid: {plan.Spec.Kind.ToString().ToLowerInvariant()} task '{plan.Spec.Name}'.");
                return Task.FromResult(ExitCodes.Ok);
            });
        });
        return command;
    }

    internal static Command Quote(CliHost host)
    {
        var file = FileOption();
        var command = new Command("quote", "What a task would cost and when it would start; nothing is sent but its size and limits.") { file };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return WithPlanAsync(session, parsed.GetValue(file)!, plan => session.WithHubAsync(async login =>
            {
                var parts = await CountAsync(session, plan, ct).ConfigureAwait(false);
                if (parts.Fault is { } badInput)
                    return session.Console.Fail(badInput);
                var quote = await login.Hub.QuoteAsync(new QuoteRequest(plan.Spec, parts.Value), ct).ConfigureAwait(false);
                if (quote.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                    session.Console.Document(quote.Value);
                else
                    session.Console.Text(QuoteText.Sentence(quote.Value, parts.Value));
                return ExitCodes.Ok;
            }));
        });
        return command;
    }

    private static Option<string> FileOption() => new("--file", "-f") { Description = "The task file (YAML; see docs/task-file.md).", Required = true };

    private static async Task<int> WithPlanAsync(CliSession session, string file, Func<TaskPlan, Task<int>> work)
    {
        var (plan, errors) = TaskFileValidator.Validate(Path.GetFullPath(file, session.Host.Directory));
        if (plan is not null)
            return await work(plan).ConfigureAwait(false);
        if (session.Console.Json)
            session.Console.Document(new ValidationDocument(false, errors));
        else
        {
            foreach (var error in errors)
                session.Host.Error.WriteLine($"{file}:{error.Line}:{error.Column}: {error.Code}: {(error.Field.Length > 0 ? error.Field + ": " : "")}{error.Message}");
        }

        return ExitCodes.Usage;
    }

    private static async Task<Outcome<int>> CountAsync(CliSession session, TaskPlan plan, CancellationToken ct)
    {
        Directory.CreateDirectory(session.Profiles.JournalDirectory);
        var splitter = PartSplitter.Open(plan, session.Host.Stdin, session.Profiles.JournalDirectory);
        if (splitter.Fault is { } fault)
            return fault;
        if (splitter.Value.KnownCount is { } known)
            return known;
        var parts = 0;
        await foreach (var _ in splitter.Value.PartsAsync(ct).ConfigureAwait(false))
            parts++;
        return parts;
    }
}
