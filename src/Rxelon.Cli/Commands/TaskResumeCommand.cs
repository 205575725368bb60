using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Submission;
using Rxelon.Shared.Ids;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task resume</c>: goes on with submissions that were cut.</summary>
internal static class TaskResumeCommand
{
    internal static Command Build(CliHost host)
    {
        var task = new Argument<string?>("task") { Description = "A task id; otherwise all unfinished submissions of this machine.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("resume", "Go on with submissions that were interrupted.") { task };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var pending = session.Journal.Pending();
                var wanted = TaskId.TryParse(parsed.GetValue(task), out var one) ? [one] : pending;
                foreach (var id in wanted)
                {
                    var answer = await ProgressView.RunAsync(session.Console, host.Time, view =>
                        session.Journal.ResumeAsync(login.Hub, login.Keys, id, new Uploaded(view), ct)).ConfigureAwait(false);
                    if (answer.Fault is { } fault)
                        return session.Console.Fail(fault);
                    session.Console.Remark($"{id} submitted; rxelon task watch {id}");
                }

                if (session.Console.Json)
                    session.Console.Document(new PendingDocument(session.Journal.Pending()));
                else if (wanted.Count == 0)
                    session.Console.Remark("Nothing is unfinished.");
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private sealed class Uploaded(ProgressView view) : IProgress<SubmitProgress>
    {
        public void Report(SubmitProgress value) => view.Report("uploading", value.Done, value.Total);
    }
}
