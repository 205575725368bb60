using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Serving;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Ledger;
using Rxelon.Client.Ledger.Witnessing;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon witness …</c> (docs/runbooks/witness.md)</summary>
internal static class WitnessCommands
{
    internal static Command Build(CliHost host) => new("witness", "Vouch for other people's ledgers.")
    {
        Init(host), AddLog(host), Run(host), Succeed(host), Show(host),
    };

    private static Option<string> State() => new("--state") { Description = "The witness's folder.", Required = true };

    private static Option<string?> Guard() => new("--guard")
    {
        Description = "A folder on another disk that repeats each size, so that a restored backup is noticed; otherwise in the state.",
    };

    private static Command Init(CliHost host)
    {
        var state = State();
        var name = new Option<string>("--name") { Description = "The witness's name: a domain and path of yours, such as witness.example.org/w1.", Required = true };
        var command = new Command("init", "Make a witness's key and folder, and tell its vkey.") { state, name };
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var key = WitnessStore.Create(PathOf(host, parsed.GetValue(state)!), parsed.GetValue(name)!);
            if (key.Fault is { } fault)
                return session.Console.Fail(fault);
            using (key.Value)
                Tell(session, key.Value.Public);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command AddLog(CliHost host)
    {
        var (state, guard) = (State(), Guard());
        var vkey = new Argument<string>("vkey") { Description = "The log's key (name+id+base64)." };
        var origin = new Option<string?>("--origin") { Description = "The log's origin line, when it is not the key's name." };
        var command = new Command("add-log", "Vouch for a log from now on, or accept one more key of it.") { state, vkey, origin, guard };
        command.SetAction(parsed => WithStore(parsed, host, state, guard, (session, store) =>
        {
            var key = NoteKey.Parse(parsed.GetValue(vkey)!);
            if ((key.Fault ?? store.AddLog(key.Value, parsed.GetValue(origin))) is { } refused)
                return session.Console.Fail(refused);
            Done(session, parsed.GetValue(origin) ?? key.Value.Name, "added");
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Run(CliHost host)
    {
        var (state, guard) = (State(), Guard());
        var listen = new Option<string>("--listen") { Description = "http://127.0.0.1:PORT, or https://ADDRESS:PORT with a certificate.", Required = true };
        var certificate = new Option<string?>("--certificate") { Description = "PEM file, for https." };
        var key = new Option<string?>("--certificate-key") { Description = "PEM file of its key." };
        var command = new Command("run", "Answer logs that ask to be vouched for, until stopped.") { state, listen, certificate, key, guard };
        command.SetAction(async (parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var address = ListenAddress.Parse(parsed.GetValue(listen)!, parsed.GetValue(certificate), parsed.GetValue(key));
            if (address.Fault is { } bad)
                return session.Console.Fail(bad);
            var store = Open(parsed, host, state, guard);
            if (store.Fault is { } fault)
                return session.Console.Fail(fault);
            using (store.Value)
            {
                var server = await WitnessServer.StartAsync(address.Value, new Witness(store.Value, host.Time), ct).ConfigureAwait(false);
                await using (server.ConfigureAwait(false))
                {
                    Tell(session, store.Value.Key.Public);
                    Ready(session, server.Url);
                    await server.UntilStoppedAsync(ct).ConfigureAwait(false);
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Succeed(CliHost host)
    {
        var (state, guard) = (State(), Guard());
        var url = new Argument<string>("url") { Description = "The new log: https://host/ledger[#fingerprint] or a folder." };
        var command = new Command("succeed", "Accept a log as the one successor of the log that its first entry names. A person's decision; it cannot be taken back.")
        {
            state, url, guard,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            var source = LedgerAccess.SourceOf(session, parsed.GetValue(url)!);
            if (source.Fault is { } bad)
                return session.Console.Fail(bad);
            using var connection = source.Value as IDisposable;
            var beginning = await Succession.ReadAsync(new LogReader(source.Value), ct).ConfigureAwait(false);
            if (beginning.Fault is { } unread)
                return session.Console.Fail(unread);
            return WithStore(parsed, host, state, guard, (_, store) =>
            {
                var accepted = Succession.Accept(store, beginning.Value.Proof, beginning.Value.Entry, host.Time);
                if (accepted.Fault is { } refused)
                    return session.Console.Fail(refused);
                Done(session, accepted.Value.Origin, "accepted as successor");
                return ExitCodes.Ok;
            });
        });
        return command;
    }

    private static Command Show(CliHost host)
    {
        var state = State();
        var command = new Command("show", "The witness's vkey, and where it last saw each log.") { state };
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var seen = WitnessStore.Peek(PathOf(host, parsed.GetValue(state)!));
            if (seen.Fault is { } fault)
                return session.Console.Fail(fault);
            var (key, logs) = seen.Value;
            if (session.Console.Json)
            {
                session.Console.Document(new WitnessDocument(
                    key.ToString(), [.. logs.Select(l => new WitnessedDocument(l.Origin, l.Id, l.Last?.Size ?? 0, l.Last?.Root.ToString(), l.Successor))]));
            }
            else
            {
                session.Console.Facts(("vkey", key.ToString()));
                session.Console.Table(
                    ["LOG", "ENTRIES", "ROOT", "ENDED FOR"],
                    logs.Select(l => (string[])[l.Origin, $"{l.Last?.Size ?? 0}", l.Last?.Root.ToString() ?? "", l.Successor ?? ""]));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The address line and the ready line that scripts wait for.</summary>
    internal static void Ready(CliSession session, string url)
    {
        if (session.Console.Json)
        {
            session.Console.Line(new ServingDocument(url));
            return;
        }

        session.Console.Text($"http {url}");
        session.Console.Text("ready");
        session.Host.Out.Flush();
    }

    private static void Tell(CliSession session, NoteKey key)
    {
        if (session.Console.Json)
            session.Console.Line(new VkeyDocument(key.ToString()));
        else
            session.Console.Text($"witness {key}");
    }

    private static void Done(CliSession session, string subject, string done)
    {
        if (session.Console.Json)
            session.Console.Document(new DoneDocument(subject, done));
        else
            session.Console.Text($"{subject}: {done}");
    }

    private static int WithStore(ParseResult parsed, CliHost host, Option<string> state, Option<string?> guard, Func<CliSession, WitnessStore, int> work)
    {
        var session = CliSession.Of(parsed, host);
        var store = Open(parsed, host, state, guard);
        if (store.Fault is { } fault)
            return session.Console.Fail(fault);
        using (store.Value)
            return work(session, store.Value);
    }

    private static Outcome<WitnessStore> Open(ParseResult parsed, CliHost host, Option<string> state, Option<string?> guard)
        => WitnessStore.Open(PathOf(host, parsed.GetValue(state)!), parsed.GetValue(guard) is { } folder ? PathOf(host, folder) : null);

    private static string PathOf(CliHost host, string path) => Path.GetFullPath(path, host.Directory);
}
