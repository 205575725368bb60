using System.CommandLine;
using System.Globalization;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon account receipts</c> and <c>rxelon account receipt N</c>: proofs of the account's own events, such as payments to an operator.</summary>
internal static class AccountReceiptCommands
{
    internal static Command List(CliHost host)
    {
        var after = new Option<ulong?>("--after") { Description = "Only events behind this number." };
        var command = new Command("receipts", "The account's own events and where they stand in the ledger, a page at a time.") { after };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var page = await login.Hub.AccountReceiptsAsync(parsed.GetValue(after), ct).ConfigureAwait(false);
                if (page.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                {
                    session.Console.Document(page.Value);
                    return ExitCodes.Ok;
                }

                session.Console.Table(
                    ["EVENT", "KIND", "TIME", "ENTRY", "STATUS"],
                    page.Value.Entries.Select(e => (string[])
                        [$"{e.SequenceNr}", e.Manifest, Words.Date(e.At), e.Index?.ToString(CultureInfo.InvariantCulture) ?? "-", e.Status]));
                if (page.Value.Next is { } next)
                    session.Console.Remark($"More: rxelon account receipts --after {next}");
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    internal static Command Fetch(CliHost host)
    {
        var number = new Argument<ulong>("event") { Description = "The event's number, as 'account receipts' lists it." };
        var output = new Option<string?>("--out", "-o") { Description = "The file to write; otherwise receipts/ACCOUNT-N.receipt.json beside the profiles." };
        var command = new Command("receipt", "Fetch the proof of one event of the account; exits with 1 while that is pending.") { number, output };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var desk = new ReceiptDesk(session, login);
                var fetched = await desk.Fetcher.AccountAsync(parsed.GetValue(number), ct).ConfigureAwait(false);
                return fetched.Fault is { } fault
                    ? session.Console.Fail(fault)
                    : TaskReceiptCommand.Store(desk, session.Console, fetched.Value, parsed.GetValue(output), $"{login.Keys.Account}-{parsed.GetValue(number)}", isTask: false);
            });
        });
        return command;
    }
}
