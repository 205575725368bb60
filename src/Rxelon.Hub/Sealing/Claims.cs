using System.Globalization;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>What a set-up proves, in one sentence each; the table is in docs/design/ledger.md. Nothing else may be claimed anywhere.</summary>
internal static class Claims
{
    // More than two thirds of the witnesses must be required for the ledger to be safe and to go on without some of them; below four that means all.
    private const int LeastForAbsence = 4;

    internal static string Of(WitnessPolicy? policy)
    {
        if (policy?.Quorum is null)
            return "A hash-chained, signed, append-only log without outside witnesses: rewriting is detectable by whoever kept an earlier checkpoint, and two readers could be shown two histories.";
        var (count, needed) = (policy.Witnesses.Count, policy.Needed());
        var witnesses = string.Create(CultureInfo.InvariantCulture, $"{needed} of {count} named witnesses must vouch for every block");
        return needed == count
            ? $"{witnesses}: as far as they are run by independent people, two histories need all of them to collude, and any one of them can stop publication."
            : count >= LeastForAbsence && 3 * needed > 2 * count
                ? string.Create(CultureInfo.InvariantCulture, $"{witnesses}: as far as they are run by independent people, there is one history even when {count - needed} of them are absent or dishonest.")
                : $"{witnesses}, which is not more than two thirds: two groups of them could vouch for two histories.";
    }
}
