using Rxelon.Client.Ledger;

namespace Rxelon.Cli.Output;

/// <summary>What a receipt proves, for people.</summary>
internal static class ReceiptText
{
    internal const string Weak = "Checked against the key that this machine pinned when it first saw the log. That key came from the same hub, which is the weak way: "
        + "it cannot show that others see the same log. A policy from elsewhere can: --policy FILE";

    internal static void Write(CliConsole console, ReceiptReport report)
    {
        console.Facts(("receipt of", report.Subject), ("log", report.Origin), ("checkpoint", $"{Words.Number((long)report.Size)} entries, root {report.Root}"));
        console.Text("");
        console.Table(
            ["TIME", "ENTRY", "EVENT", "WHAT HAPPENED"],
            report.Entries.Select(e => (string[])[Words.Date(e.At), $"{e.Index}", $"{e.Entity}/{e.SequenceNr}", e.Sentence]));
        console.Text("");
        console.Table(["CHECK", "", ""], report.Checks.Select(c => (string[])[c.Name, Word(c.Result), c.Detail]));
    }

    private static string Word(CheckResult result) => result switch
    {
        CheckResult.Ok => "ok",
        CheckResult.Failed => "FAILED",
        _ => "not applicable",
    };
}
