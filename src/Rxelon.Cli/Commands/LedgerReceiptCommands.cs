using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Cli.Sessions;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon ledger verify | unpack | recompute-payout</c>: receipts, on any machine, without a hub.</summary>
internal static class LedgerReceiptCommands
{
    internal static void AddTo(Command ledger, CliHost host)
    {
        ledger.Add(Verify(host));
        ledger.Add(Unpack(host));
        ledger.Add(RecomputePayout(host));
    }

    private static Command Verify(CliHost host)
    {
        var file = FileArgument();
        var trust = new ReceiptTrust();
        var command = new Command("verify", "Check a receipt and say what it proves; needs no hub.") { file };
        trust.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var console = session.Console;
            var receipt = Read(session, parsed.GetValue(file)!);
            if (receipt.Fault is { } unread)
                return console.Fail(unread);
            var policy = trust.PolicyOf(parsed, session, receipt.Value.Origin);
            if (policy.Fault is { } nobody)
                return console.Fail(nobody);
            var report = ReceiptReport.Of(receipt.Value, policy.Value);
            if (report.Fault is { } refused)
                return Refuse(console, refused);
            if (console.Json)
                console.Document(report.Value);
            else
                ReceiptText.Write(console, report.Value);
            if (trust.IsPinned(parsed))
                console.Remark(ReceiptText.Weak);
            return report.Value.Failure() is { } failed ? console.Fail(failed) : ExitCodes.Ok;
        });
        return command;
    }

    private static Command Unpack(CliHost host)
    {
        var file = FileArgument();
        var directory = new Argument<string>("dir") { Description = "Where to write checkpoint, NNN.tlog-proof, NNN.leaf and NNN.opening.json." };
        var command = new Command("unpack", "Write a receipt as standard files, for verifiers that are not ours.") { file, directory };
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var receipt = Read(session, parsed.GetValue(file)!);
            if (receipt.Fault is { } unread)
                return session.Console.Fail(unread);
            var target = Path.GetFullPath(parsed.GetValue(directory)!, host.Directory);
            if (ReceiptUnpacker.Unpack(receipt.Value, target) is { } fault)
                return Refuse(session.Console, fault);
            if (session.Console.Json)
                session.Console.Document(new UnpackedDocument(target, receipt.Value.Entries.Count));
            else
                session.Console.Remark($"{receipt.Value.Entries.Count} entries in {target}; nothing was verified.");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command RecomputePayout(CliHost host)
    {
        var file = FileArgument();
        var trust = new ReceiptTrust();
        var command = new Command("recompute-payout", "Recompute a task's charges and settlements from its receipt, to the last micro-token.") { file };
        trust.AddTo(command);
        command.SetAction(parsed =>
        {
            var session = CliSession.Of(parsed, host);
            var console = session.Console;
            var receipt = Read(session, parsed.GetValue(file)!);
            if (receipt.Fault is { } unread)
                return console.Fail(unread);
            var policy = trust.PolicyOf(parsed, session, receipt.Value.Origin);
            if (policy.Fault is { } nobody && !trust.IsPinned(parsed))
                return console.Fail(nobody);
            if (policy.IsOk && receipt.Value.Verify(policy.Value).Fault is { } refused)
                return Refuse(console, refused);
            var payout = PayoutCheck.Of(receipt.Value);
            if (payout.Fault is { } fault)
                return console.Fail(fault);
            if (console.Json)
                console.Document(payout.Value);
            else
                PayoutText.Write(console, payout.Value);
            if (!policy.IsOk)
                console.Remark("The numbers are the receipt's own; whether it is genuine was not checked, since no key of its log is known here.");
            return payout.Value.Failure() is { } differs ? console.Fail(differs) : ExitCodes.Ok;
        });
        return command;
    }

    private static Argument<string> FileArgument() => new("receipt") { Description = "A receipt's file (*.receipt.json)." };

    private static Outcome<Receipt> Read(CliSession session, string file)
    {
        var path = Path.GetFullPath(file, session.Host.Directory);
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input);
        return new FileInfo(path).Length > Receipt.MaxBytes
            ? new Fault(FaultCodes.TooLarge, $"A receipt has at most {Receipt.MaxBytes >> 20} MiB.", Culprit.Input)
            : Receipt.Parse(File.ReadAllBytes(path));
    }

    // A receipt or a quorum that is not there yet is no mistake of whoever asks.
    private static int Refuse(CliConsole console, Fault fault)
    {
        var code = console.Fail(fault);
        return fault.Code == FaultCodes.NotYet ? ExitCodes.TaskFailed : code;
    }
}
