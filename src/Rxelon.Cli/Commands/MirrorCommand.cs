using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Serving;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon mirror URL DIR</c></summary>
internal static class MirrorCommand
{
    internal static Command Build(CliHost host)
    {
        var options = new LedgerOptions();
        var url = new Argument<string>("url") { Description = "The log: https://host/ledger[#fingerprint] or a folder." };
        var folder = new Argument<string>("dir") { Description = "Where the copy lies." };
        var serve = new Option<string?>("--serve") { Description = "Serve the copy: http://127.0.0.1:PORT, or https://ADDRESS:PORT with a certificate." };
        var certificate = new Option<string?>("--certificate") { Description = "PEM file, for https." };
        var key = new Option<string?>("--certificate-key") { Description = "PEM file of its key." };
        var check = new Option<bool>("--check") { Description = "Read everything that is here again first, and fetch what is missing or damaged." };
        var command = new Command("mirror", "Copy a ledger, checking every tile, entry and payload, and go on copying.")
        {
            url, folder, options.Key, options.Policy, options.Once, options.Interval, check, serve, certificate, key,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var session = CliSession.Of(parsed, host);
            ListenAddress? listen = null;
            if (parsed.GetValue(serve) is { } address)
            {
                var where = ListenAddress.Parse(address, parsed.GetValue(certificate), parsed.GetValue(key));
                if (where.Fault is { } bad)
                    return session.Console.Fail(bad);
                listen = where.Value;
            }

            var access = await LedgerAccess.OpenAsync(
                session, parsed.GetValue(url), parsed.GetValue(options.Key), parsed.GetValue(options.Policy), ct).ConfigureAwait(false);
            if (access.Fault is { } unknown)
                return session.Console.Fail(unknown);
            using var log = access.Value;
            var target = Path.GetFullPath(parsed.GetValue(folder)!, host.Directory);
            var mirror = LogMirror.Open(target, log.Reader, log.Policy, host.Time, parsed.GetValue(check));
            if (mirror.Fault is { } busy)
                return session.Console.Fail(busy);
            using var copy = mirror.Value;
            var server = listen is null ? null : await MirrorServer.StartAsync(listen, target, ct).ConfigureAwait(false);
            await using (server)
            {
                if (server is not null)
                    WitnessCommands.Ready(session, server.Url);
                return await PullAsync(session, copy, log, parsed.GetValue(options.Once), parsed.GetValue(options.Interval), server is not null, ct)
                    .ConfigureAwait(false);
            }
        });
        return command;
    }

    // Whoever serves goes on serving what is good when the log goes wrong; whoever only copies ends and says so.
    private static async Task<int> PullAsync(
        CliSession session, LogMirror mirror, LedgerAccess log, bool once, TimeSpan interval, bool serves, CancellationToken ct)
    {
        using var pace = new PeriodicTimer(interval, session.Host.Time);
        Fault? last = null;
        try
        {
            do
            {
                var round = await mirror.RoundAsync(ct).ConfigureAwait(false);
                if (round.Fault is { } fault)
                {
                    if (once || !(serves || LedgerCommands.MayPass(fault)))
                        return session.Console.Fail(fault);
                    if (fault != last)
                        session.Console.Fail(fault);
                }
                else if (once || round.Value.Change != FollowChange.Unchanged)
                {
                    Tell(session, round.Value, log);
                }

                last = round.Fault;
            }
            while (!once && await pace.WaitForNextTickAsync(ct).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (serves)
        {
            // Stopping a server is no interruption.
        }

        return ExitCodes.Ok;
    }

    private static void Tell(CliSession session, MirrorRound round, LedgerAccess log)
    {
        var change = LedgerCommands.Word(round.Change);
        if (session.Console.Json)
            session.Console.Line(new MirrorDocument(round.Checkpoint.Origin, round.Checkpoint.Size, round.Checkpoint.Root.ToString(), change, round.Files));
        else
            session.Console.Text($"{round.Checkpoint.Origin} {round.Checkpoint.Size} {round.Checkpoint.Root} {change}, {round.Files} files from {log.Source.Name}");
        session.Host.Out.Flush();
    }
}
