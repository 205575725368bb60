using System.CommandLine;

namespace Rxelon.Cli.Commands;

/// <summary><c>rxelon ledger …</c></summary>
internal static class LedgerCommands
{
    internal static Command Build(CliHost host)
    {
        var command = new Command("ledger", "The hub's public ledger, and proofs of what stands in it.");
        LedgerReceiptCommands.AddTo(command, host);
        return command;
    }
}
