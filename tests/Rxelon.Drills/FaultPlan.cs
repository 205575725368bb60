namespace Rxelon.Drills;

/// <summary>Which process dies.</summary>
public enum Victim
{
    Hub,
    Node,
}

/// <summary>One drill: the victim dies when it reaches the place for the count-th time; with <see cref="Both"/>, everybody dies then.</summary>
public sealed record Drill(int Number, Victim Victim, string Place, int Count, bool Both)
{
    public override string ToString() => $"#{Number} {Victim}{(Both ? "+rest" : "")} at {Place}@{Count}";
}

/// <summary>
/// A seeded list of drills that reaches every journal event of a task's life (before and after its commit) and every message of
/// the link (on the way out and in) at least once when it is long enough; shorter plans take a seeded sample.
/// </summary>
public static class FaultPlan
{
    private static readonly string[] Events =
    [
        "task.submitted.1", "account.funds-held.1", "task.parts-assigned.1", "task.keys-released.1", "task.parts-accepted.1",
        "account.hold-settled.1", "account.payouts-sent.1", "account.payout-booked.1", "account.payouts-confirmed.1",
    ];

    private static readonly string[] FromNode = ["Hello", "PartsReady", "Report", "Beat"];

    private static readonly string[] FromHub = ["Welcome", "Assign", "KeyGrants", "ReportAck"];

    /// <summary>Every place, with the process that dies there.</summary>
    public static IReadOnlyList<(Victim Victim, string Place)> Places { get; } =
    [
        .. from e in Events from side in (string[])["before", "after"] select (Victim.Hub, $"hub.persist.{e}.{side}"),
        .. FromNode.Select(m => (Victim.Node, $"node.frame.{m}.out")),
        .. FromNode.Select(m => (Victim.Hub, $"hub.frame.{m}.in")),
        .. FromHub.Select(m => (Victim.Hub, $"hub.frame.{m}.out")),
        .. FromHub.Select(m => (Victim.Node, $"node.frame.{m}.in")),
    ];

    /// <summary>The same plan for the same seed and length.</summary>
    public static IReadOnlyList<Drill> Make(int seed, int length)
    {
        var random = new Random(seed);
        var drills = new List<Drill>(length);
        while (drills.Count < length)
        {
            var order = Places.ToArray();
            random.Shuffle(order);
            foreach (var (victim, place) in order.Take(length - drills.Count))
                drills.Add(new Drill(drills.Count + 1, victim, place, random.Next(5) == 0 ? 2 : 1, random.Next(4) == 0));
        }

        return drills;
    }
}
