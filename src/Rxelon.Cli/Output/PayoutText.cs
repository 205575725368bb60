using System.Globalization;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Output;

/// <summary>A task's money, recomputed, for people.</summary>
internal static class PayoutText
{
    internal static void Write(CliConsole console, PayoutReport report)
    {
        console.Table(
            ["PART", "ASK/CORE-HOUR", "WALL MS", "CORES", "DEMAND × TIER × FEE", "COMPUTED", "RECORDED", ""],
            [
                .. report.Parts.Select(p => (string[])
                [
                    Words.Number(p.Part), p.Ask.ToString(), Words.Number(p.WallMillis), Thousandths(p.BilledMillis),
                    $"{Thousandths(p.DemandPermille)} × {Thousandths(p.TierPermille)} × {Thousandths(1000L + p.FeePermille)}",
                    p.Computed.ToString(), p.Recorded.ToString(), Mark(p.Agrees, p.Unpaid ?? (p.IsCapped ? "capped" : "")),
                ]),
                ["all", "", "", "", "", Tokens.Sum(report.Parts.Select(p => p.Computed)).ToString(), Tokens.Sum(report.Parts.Select(p => p.Recorded)).ToString(), ""],
            ]);
        console.Text("");
        console.Table(
            ["OWED TO", "COMPUTED", "RECORDED", ""],
            report.Payees.Select(p => (string[])[p.IsTreasury ? "treasury (fee)" : p.Payee.ToString(), p.Computed.ToString(), p.Recorded.ToString(), Mark(p.Computed == p.Recorded, "")]));
        console.Text("");
        console.Facts(
            ("held", report.Held is { } held ? Words.Money(held) : null),
            ("settlements", Words.Number(report.Settlements.Count)),
            ("returned", report.Returned is { } returned ? Words.Money(returned) : null));
        foreach (var note in report.Notes)
            console.Text(note);
        if (report.Differences.Count == 0)
            console.Text("Every number is what the price formula gives.");
    }

    private static string Mark(bool agrees, string otherwise) => agrees ? otherwise : "DIFFERS";

    private static string Thousandths(long value) => (value / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
