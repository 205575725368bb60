using Rxelon.Shared.Values;

namespace Rxelon.Shared.Pricing;

/// <summary>
/// How a task's hold bounds what an attempt may be paid (docs/design/pricing.md): a part's share is the hold in proportion to its
/// stage's weight, and the weights of all parts that may still come are kept back. The hub decides by this, and whoever has a
/// task's events can repeat each step. The share of a weight is the lower of two fractions, each rounded down, never negative.
/// </summary>
public readonly record struct HoldShares
{
    private readonly long _all;
    private readonly Int128 _allWeight;
    private readonly long _open;
    private readonly Int128 _openWeight;

    private HoldShares(long all, Int128 allWeight, long open, Int128 openWeight)
    {
        _all = all;
        _allWeight = allWeight;
        _open = open;
        _openWeight = openWeight;
    }

    /// <summary>The shares of the hold that a submission made, over the weight of all parts that may come to be.</summary>
    public static HoldShares Of(Tokens hold, Int128 weight) => new(hold.Micros, weight, hold.Micros, weight);

    /// <summary>
    /// The shares of attempts placed from now on, after the hold became another one. Attempts under way keep the cap they were
    /// placed at (<paramref name="reserved"/> is the sum of those, <paramref name="running"/> their weight); the others, those
    /// that do not exist yet included, share what is left (<paramref name="open"/> is their weight).
    /// </summary>
    public static HoldShares AfterChange(Tokens hold, Tokens cost, Tokens reserved, Int128 open, Int128 running)
    {
        var left = (hold - cost).Micros;
        return open > 0
            ? new HoldShares(left, open + running, (hold - cost - reserved).Micros, open)
            : new HoldShares(left, open + running, left, open + running);
    }

    /// <summary>The most that an attempt of a part of this weight is paid.</summary>
    public Tokens For(long weight) => new(Math.Max(0, Math.Min(Part(_all, _allWeight, weight), Part(_open, _openWeight, weight))));

    /// <summary>What is paid of a charge: at most the attempt's cap, and at most what earlier parts left of the hold.</summary>
    public static Tokens Capped(Tokens charge, Tokens cap, Tokens hold, Tokens cost) => Tokens.Min(charge, Tokens.Min(cap, hold - cost));

    private static long Part(long amount, Int128 of, long weight) => of == 0 ? 0 : (long)Int128.Min(long.MaxValue, amount * (Int128)weight / of);
}
