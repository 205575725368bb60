using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon account …</c></summary>
internal static class AccountCommands
{
    internal static Command Build(CliHost host) => new("account", "Your account on a hub.")
    {
        Create(host), Show(host), Export(host), Import(host), AccountReceiptCommands.List(host), AccountReceiptCommands.Fetch(host),
        AccountAccessCommands.Key(host), AccountAccessCommands.Close(host),
    };

    private static Command Create(CliHost host)
    {
        var hub = new Option<string>("--hub") { Description = "The hub: https://host:port[#fingerprint], or http:// on this machine.", Required = true };
        var name = new Option<string?>("--name") { Description = "A name for people; not secret." };
        var isOperator = new Option<bool>("--operator") { Description = "An account that earns with nodes." };
        var protect = new Option<bool>("--protect") { Description = "Encrypt the account file with a passphrase (asked for, or RXELON_PASSPHRASE)." };
        var command = new Command("create", "Make keys on this machine and open an account for them.") { hub, name, isOperator, protect };
        command.SetAction(async (parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var console = session.Console;
            var address = HubAddress.Parse(parsed.GetValue(hub));
            if (address.Fault is { } badAddress)
                return console.Fail(badAddress);
            if (File.Exists(session.Profiles.PathOf(session.Profile)))
                return console.Fail(Taken(session));
            var passphrase = parsed.GetValue(protect) ? session.Passphrase("New passphrase: ") : null;
            if (parsed.GetValue(protect) && string.IsNullOrEmpty(passphrase))
                return console.Fail(NoPassphrase);
            using var client = new HubClient(address.Value, null, host.Time);
            var kind = parsed.GetValue(isOperator) ? "operator" : "user";
            var title = parsed.GetValue(name) ?? session.Profile;
            var opened = await AccountOpening.OpenAsync(client, AccountKeys.Generate(), title, kind, host.Time, ct).ConfigureAwait(false);
            if (opened.Fault is { } refused)
                return console.Fail(refused);
            using var keys = opened.Value;
            var file = AccountFile.Of(keys, title, kind, address.Value, passphrase);
            if (session.Profiles.Save(session.Profile, file) is { } fault)
                return console.Fail(fault);
            Describe(session, file);
            console.Remark("Keep a copy (rxelon account export): whoever loses this file loses the account and all results.");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Show(CliHost host)
    {
        var command = new Command("show", "Balance, quota and API keys.");
        command.SetAction((parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            return session.WithHubAsync(async login =>
            {
                var answer = await login.Hub.AccountAsync(ct).ConfigureAwait(false);
                if (answer.Fault is { } fault)
                    return session.Console.Fail(fault);
                var account = answer.Value;
                if (session.Console.Json)
                    session.Console.Document(account);
                else
                {
                    session.Console.Facts(
                        ("account", account.Account.ToString()), ("name", account.Name), ("kind", account.Kind), ("hub", login.Hub.Address.ToString()),
                        ("available", Words.Money(account.Available)), ("held", Words.Money(account.Held)), ("spent", Words.Money(account.Spent)),
                        ("earned", Words.Money(account.Earned)), ("owed", Words.Money(account.Owed + account.InTransit)),
                        ("stored", $"{Words.Size(account.StoredBytes)} of {Words.Size(account.StoredBytesLimit)}"),
                        ("API keys", string.Join(", ", account.ApiKeys.Select(k => $"{k.Id} ({k.Label})"))));
                }

                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Export(CliHost host)
    {
        var output = new Option<string>("--out", "-o") { Description = "The file to write; '-' for standard output.", DefaultValueFactory = _ => "-" };
        var protect = new Option<bool>("--protect") { Description = "Encrypt the copy with a passphrase (asked for, or RXELON_PASSPHRASE)." };
        var command = new Command("export", "Write a copy of the account file, to keep or to use elsewhere.") { output, protect };
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var file = session.Profiles.Load(session.Profile);
            if (file.Fault is { } missing)
                return session.Console.Fail(missing);
            var copy = file.Value;
            if (parsed.GetValue(protect) && copy.Sealed is null)
            {
                var passphrase = session.Passphrase("Passphrase of the copy: ");
                if (string.IsNullOrEmpty(passphrase))
                    return session.Console.Fail(NoPassphrase);
                var keys = copy.Unlock(null);
                if (keys.Fault is { } damaged)
                    return session.Console.Fail(damaged);
                using (keys.Value)
                    copy = copy.Protect(keys.Value, passphrase);
            }

            var target = parsed.GetValue(output)!;
            if (target == "-")
            {
                using var stdout = host.Stdout();
                stdout.Write(copy.ToBytes());
                stdout.Write("\n"u8);
                return ExitCodes.Ok;
            }

            ProfileStore.WritePrivate(Path.GetFullPath(target, host.Directory), copy.ToBytes());
            session.Console.Remark($"Written to {target}." + (copy.Sealed is null ? " It is not protected: keep it where only you can read it." : ""));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Import(CliHost host)
    {
        var source = new Argument<string>("file") { Description = "An account file." };
        var command = new Command("import", "Use an exported account on this machine.") { source };
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var path = Path.GetFullPath(parsed.GetValue(source)!, host.Directory);
            if (!File.Exists(path))
                return session.Console.Fail(new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input));
            var file = AccountFile.Parse(File.ReadAllBytes(path));
            if (file.Fault is { } damaged)
                return session.Console.Fail(damaged);
            var keys = file.Value.Unlock(file.Value.Sealed is null ? null : session.Passphrase("Passphrase of the file: "));
            if (keys.Fault is { } locked)
                return session.Console.Fail(locked);
            keys.Value.Dispose();
            if (session.Profiles.Save(session.Profile, file.Value) is { } fault)
                return session.Console.Fail(fault);
            Describe(session, file.Value);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static readonly Fault NoPassphrase = new(FaultCodes.Malformed, "A passphrase is needed: type it, or set RXELON_PASSPHRASE.", Culprit.Input);

    private static Fault Taken(CliSession session)
        => new(FaultCodes.Conflict, $"Profile '{session.Profile}' exists ({session.Profiles.PathOf(session.Profile)}); choose another with --profile.", Culprit.Input);

    private static void Describe(CliSession session, AccountFile file)
    {
        var path = session.Profiles.PathOf(session.Profile);
        if (session.Console.Json)
            session.Console.Document(new ProfileDocument(file.Account, file.Name, file.Kind, file.Hub, file.Fingerprint, session.Profile, path));
        else
            session.Console.Facts(("account", file.Account.ToString()), ("kind", file.Kind), ("hub", file.Hub), ("profile", session.Profile), ("file", path));
    }
}
