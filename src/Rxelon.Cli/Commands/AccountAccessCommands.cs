using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon account key …</c> and <c>rxelon account close</c>: who may use an account, and its end.</summary>
internal static class AccountAccessCommands
{
    internal static Command Key(CliHost host) => new("key", "API keys: what programs show the hub instead of the account file.")
    {
        Add(host), Remove(host),
    };

    internal static Command Close(CliHost host)
    {
        var yes = new Option<bool>("--yes") { Description = "Do it; without this the command only says what would be lost." };
        var command = new Command("close", "Cancel and erase every task, delete every blob and close the account for good.") { yes };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var account = await login.Hub.AccountAsync(ct).ConfigureAwait(false);
                if (account.Fault is { } unknown)
                    return session.Console.Fail(unknown);
                if (!parsed.GetValue(yes))
                    return session.Console.Fail(new Fault(
                        FaultCodes.Conflict,
                        $"Closing {account.Value.Account} gives up {Words.Money(account.Value.Available)} and erases every task and result. Add --yes to do it.",
                        Culprit.Input));
                if (await login.Hub.CloseAccountAsync(ct).ConfigureAwait(false) is { } fault)
                    return session.Console.Fail(fault);
                return Done(session, account.Value.Account.ToString(), "closed");
            });
        });
        return command;
    }

    private static int Done(CliSession session, string subject, string state)
    {
        if (session.Console.Json)
            session.Console.Document(new DoneDocument(subject, state));
        else
            session.Console.Remark($"{subject} {state}");
        return ExitCodes.Ok;
    }

    private static Command Add(CliHost host)
    {
        var label = new Argument<string>("label") { Description = "What the key is for; shown by 'account show'." };
        var command = new Command("add", "Make a further API key. It is shown this once.") { label };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var added = await login.Hub.AddKeyAsync(parsed.GetValue(label)!, ct).ConfigureAwait(false);
                if (added.Fault is { } fault)
                    return session.Console.Fail(fault);
                if (session.Console.Json)
                    session.Console.Document(added.Value);
                else
                    session.Console.Facts(("id", added.Value.Id), ("key", added.Value.ApiKey));
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Remove(CliHost host)
    {
        var id = new Argument<string>("id") { Description = "The key's id, as 'account show' lists it." };
        var command = new Command("remove", "Remove an API key; it stops working at once.") { id };
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                if (await login.Hub.RemoveKeyAsync(parsed.GetValue(id)!, ct).ConfigureAwait(false) is { } fault)
                    return session.Console.Fail(fault);
                return Done(session, parsed.GetValue(id)!, "removed");
            });
        });
        return command;
    }
}
