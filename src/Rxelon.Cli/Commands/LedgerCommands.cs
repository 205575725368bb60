using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon ledger …</c></summary>
internal static class LedgerCommands
{
    internal static Command Build(CliHost host)
    {
        var command = new Command("ledger", "The hub's ledger: signed, append-only, checkable by anybody.") { Head(host), Follow(host) };
        LedgerReceiptCommands.AddTo(command, host);
        return command;
    }

    /// <summary>True for what may be otherwise at the next look: the network, and a quorum that is not there yet.</summary>
    internal static bool MayPass(Fault fault) => fault.Retryable || fault.Code == FaultCodes.Unavailable;

    /// <summary>A step as --json shows it.</summary>
    internal static LedgerDocument Describe(SignedNote note, WitnessPolicy policy, string change)
    {
        var checkpoint = Checkpoint.Parse(note.Text).Value;
        var cosigners = policy.Witnesses
            .Select(w => (w.Name, At: Cosignature.Verify(note, w.Key)))
            .Where(w => w.At is not null)
            .Select(w => new CosignerDocument(w.Name, w.At!.Value));
        return new LedgerDocument(
            checkpoint.Origin, checkpoint.Size, checkpoint.Root.ToString(), Convert.ToHexStringLower(BlockLeaf.HashOfBlock(checkpoint).ToBytes()),
            change, [.. cosigners]);
    }

    private static Command Head(CliHost host)
    {
        var options = new LedgerOptions();
        var command = new Command("head", "The newest checkpoint, checked against the one that was seen last; nothing is kept.")
        {
            options.Url, options.Key, options.Policy,
        };
        command.SetAction((parsed, ct) => WithLogAsync(parsed, host, options, ct, async (session, access, follower) =>
        {
            var step = await follower.LookAsync(ct).ConfigureAwait(false);
            if (step.Fault is { } fault)
                return session.Console.Fail(fault);
            var head = Describe(step.Value.Note, access.Policy, Word(step.Value.Change));
            if (session.Console.Json)
            {
                session.Console.Document(head);
            }
            else
            {
                session.Console.Facts(
                    ("log", head.Origin), ("entries", $"{head.Size}"), ("root", head.Root), ("block", head.Block), ("since last time", head.Change),
                    ("vouched for by", head.Cosigners.Count == 0 ? "no witness of the policy" : string.Join(", ", head.Cosigners.Select(c => $"{c.Name} ({Words.Date(c.At)})"))));
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static Command Follow(CliHost host)
    {
        var options = new LedgerOptions();
        var command = new Command("follow", "Keep the last checkpoint and demand that every new one goes on from it.")
        {
            options.Url, options.Key, options.Policy, options.Once, options.Interval,
        };
        command.SetAction((parsed, ct) => WithLogAsync(parsed, host, options, ct, async (session, access, follower) =>
        {
            using var pace = new PeriodicTimer(parsed.GetValue(options.Interval), host.Time);
            do
            {
                var step = await follower.FollowAsync(ct).ConfigureAwait(false);
                if (step.Fault is { } fault)
                {
                    if (parsed.GetValue(options.Once) || !MayPass(fault))
                        return session.Console.Fail(fault);
                    session.Console.Remark($"{fault.Code}: {fault.Message}");
                }
                else if (parsed.GetValue(options.Once) || step.Value.Change != FollowChange.Unchanged)
                {
                    var head = Describe(step.Value.Note, access.Policy, Word(step.Value.Change));
                    if (session.Console.Json)
                        session.Console.Line(head);
                    else
                        session.Console.Text($"{head.Origin} {head.Size} {head.Root} {head.Change}");
                }
            }
            while (!parsed.GetValue(options.Once) && await pace.WaitForNextTickAsync(ct).ConfigureAwait(false));

            return ExitCodes.Ok;
        }));
        return command;
    }

    private static async Task<int> WithLogAsync(
        ParseResult parsed, CliHost host, LedgerOptions options, CancellationToken ct, Func<CliSession, LedgerAccess, LogFollower, Task<int>> work)
    {
        var session = CliSession.Of(parsed, host);
        var access = await LedgerAccess.OpenAsync(
            session, parsed.GetValue(options.Url), parsed.GetValue(options.Key), parsed.GetValue(options.Policy), ct).ConfigureAwait(false);
        if (access.Fault is { } fault)
            return session.Console.Fail(fault);
        using (access.Value)
        {
            var folder = LogFollower.FolderOf(LedgerAccess.FolderOf(session), access.Value.Policy.Logs[0].Name);
            return await work(session, access.Value, new LogFollower(folder, access.Value.Reader, access.Value.Policy, host.Time)).ConfigureAwait(false);
        }
    }

    internal static string Word(FollowChange change) => change switch
    {
        FollowChange.First => "first",
        FollowChange.Unchanged => "unchanged",
        FollowChange.Newer => "newer",
        _ => "behind",
    };
}
