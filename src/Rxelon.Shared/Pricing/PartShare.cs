using Rxelon.Shared.Values;

namespace Rxelon.Shared.Pricing;

/// <summary>
/// How a task's hold bounds what an attempt may be paid (docs/design/pricing.md). The hub decides by these, and whoever has a
/// task's events can repeat each step.
/// </summary>
public static class PartShare
{
    /// <summary>Each part's share of the hold that a submission made, rounded down.</summary>
    public static Tokens Of(Tokens hold, int parts) => new(hold.Micros / parts);

    /// <summary>
    /// The share of an attempt placed from now on, after the hold became another one. Attempts under way keep the cap they were
    /// placed at (<paramref name="reserved"/> is the sum of those); the others share what is left. Never negative.
    /// </summary>
    public static Tokens AfterChange(Tokens hold, Tokens cost, Tokens reserved, int waiting, int running)
    {
        var all = (hold - cost).Micros / (waiting + running);
        var others = waiting > 0 ? (hold - cost - reserved).Micros / waiting : all;
        return new Tokens(Math.Max(0, Math.Min(all, others)));
    }

    /// <summary>What is paid of a charge: at most the attempt's cap, and at most what earlier parts left of the hold.</summary>
    public static Tokens Capped(Tokens charge, Tokens cap, Tokens hold, Tokens cost) => Tokens.Min(charge, Tokens.Min(cap, hold - cost));
}
