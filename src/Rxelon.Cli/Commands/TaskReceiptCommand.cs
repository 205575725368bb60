using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Specs;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon task receipt</c>: the proof of what happened to a task and its money.</summary>
internal static class TaskReceiptCommand
{
    internal static Command Build(CliHost host)
    {
        var task = TaskCommands.TaskArgument();
        var output = new Option<string?>("--out", "-o") { Description = "The file to write; otherwise receipts/TASK.receipt.json beside the profiles." };
        var wait = PlanOptions.Quantity<long>("--wait", "How long to wait until it is final and settled, such as 30s.", Quantities.TrySeconds);
        var command = new Command("receipt", "Fetch the proof of what happened to it and its money; exits with 1 while that is pending.") { task, output, wait };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var desk = new ReceiptDesk(session, login);
                var patience = TimeSpan.FromSeconds(Math.Min(parsed.GetValue(wait), (long)TimeSpan.FromDays(1).TotalSeconds));
                var fetched = await desk.Fetcher.TaskAsync(parsed.GetValue(task), patience, ct).ConfigureAwait(false);
                return fetched.Fault is { } fault
                    ? session.Console.Fail(fault)
                    : Store(desk, session.Console, fetched.Value, parsed.GetValue(output), parsed.GetValue(task).ToString());
            });
        });
        return command;
    }

    /// <summary>Keeps a final receipt, and says which kind it is.</summary>
    internal static int Store(ReceiptDesk desk, CliConsole console, Client.Ledger.FetchedReceipt fetched, string? output, string name, bool isTask = true)
    {
        var receipt = fetched.Receipt;
        var file = fetched.IsFinal ? desk.Keep(fetched, output ?? desk.PathOf(name)) : null;
        if (console.Json)
            console.Document(new ReceiptDocument(receipt.Subject, receipt.Status, fetched.IsSettled, receipt.Entries.Count, file));
        else if (file is not null)
            console.Text(file);
        if (file is null)
        {
            console.Remark("pending: not every event is under a published checkpoint yet. Ask again in a moment"
                + (isTask ? $", or wait: rxelon task receipt {name} --wait 30s" : "."));
            return ExitCodes.TaskFailed;
        }

        if (isTask && !fetched.IsSettled)
            console.Remark("The task is not settled yet; what happens from now on is not in this receipt.");
        console.Remark($"Check it: rxelon ledger verify {file}");
        return ExitCodes.Ok;
    }
}
