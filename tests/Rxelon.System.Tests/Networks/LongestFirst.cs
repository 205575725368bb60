using Xunit.Abstractions;

[assembly: CollectionBehavior(MaxParallelThreads = Rxelon.System.Tests.Networks.LongestFirst.Networks)]
[assembly: TestCollectionOrderer("Rxelon.System.Tests.Networks.LongestFirst", "Rxelon.System.Tests")]

namespace Rxelon.System.Tests.Networks;

/// <summary>
/// Networks run beside each other, since most of a test is waiting for processes; the few that take minutes begin first, so that
/// none of them is left over when everything else is done.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>As many networks at a time.</summary>
    internal const int Networks = 3;

    private static readonly string[] Long =
        [nameof(Faults.FaultPlanSpecs), nameof(FaultListSpecs), nameof(Ledger.HubLedgerSpecs), SharedNetwork.Name, nameof(RestartSpecs), nameof(VerifySpecs)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Place);

    // A class without a collection of its own is one: "Test collection for NAMESPACE.CLASS".
    private static int Place(ITestCollection collection)
        => Array.FindIndex(Long, l => collection.DisplayName == l || collection.DisplayName.EndsWith($".{l}", StringComparison.Ordinal)) is >= 0 and var at ? at : Long.Length;
}
