using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Pricing;

/// <summary>
/// The published price formula (docs/design/pricing.md). Integers only; one rounding, at the end: a charge up to the next
/// micro-token, the network's fee and every ceiling on an ask down.
/// </summary>
public static class Tariff
{
    /// <summary>Memory and disk that come with each core; whoever takes more of either pays for as many cores.</summary>
    public const long MemoryPerCore = 4L << 30;

    /// <inheritdoc cref="MemoryPerCore"/>
    public const long DiskPerCore = 128L << 30;

    private const long MillisPerHour = 3_600_000;
    private const long Permille = 1000;

    /// <summary>The tier's multiplier in thousandths.</summary>
    public static int TierPermille(Tier tier) => tier switch
    {
        Tier.Economy => 800,
        Tier.Standard => 1000,
        Tier.Priority => 1500,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "An unknown tier."),
    };

    /// <summary>
    /// The demand multiplier in thousandths: 1000 while at most half of the network's slots are wanted (in use or queued for),
    /// rising in a straight line to 2000 when all are.
    /// </summary>
    public static int DemandPermille(long slotsWanted, long slotsTotal)
    {
        if (slotsTotal <= 0 || slotsWanted * 2 <= slotsTotal)
            return 1000;
        return (int)Math.Min(2000, 1000 + (((2 * slotsWanted) - slotsTotal) * 1000 / slotsTotal));
    }

    /// <summary>Thousandths of a core that these resources are billed as: the largest of CPU, memory and disk, in cores.</summary>
    public static long BilledMillis(Resources resources) => Math.Max(
        Math.Max(1, resources.CpuMillis),
        Math.Max(CeilDiv(resources.Memory * (Int128)Permille, MemoryPerCore), CeilDiv(resources.Disk * (Int128)Permille, DiskPerCore)));

    /// <summary>
    /// What the user pays for an attempt that ran for <paramref name="metering"/>'s wall time, the network's fee included.
    /// An ask outside the terms' bounds is moved to the nearer bound; less than a millisecond counts as one.
    /// </summary>
    public static Tokens Charge(PriceTerms terms, Tokens askPerCoreHour, Resources resources, Metering metering)
        => Charge(terms, askPerCoreHour, resources, metering.WallMillis);

    /// <summary>The most one part can cost at this ask: its whole time limit.</summary>
    public static Tokens Ceiling(PriceTerms terms, Tokens askPerCoreHour, Resources resources, Limits limits)
        => Charge(terms, askPerCoreHour, resources, limits.TimeSeconds * 1000L);

    /// <summary>What to hold for a task with stages: every part that may come to be at its stage's ceiling; a part's is stage 0's.</summary>
    public static Quote Quote(PriceTerms terms, Tokens askPerCoreHour, StagePlan plan)
    {
        var ceiling = Tokens.Zero;
        foreach (var stage in plan.Stages)
            ceiling += Ceiling(terms, askPerCoreHour, stage.Spec.Resources, stage.Spec.Limits) * plan.Budgeted(stage);

        // Shares are rounded down: each stage's must still reach what a part of it may cost, or no node at this ask would fit it.
        foreach (var stage in plan.Stages)
        {
            var part = (Int128)Ceiling(terms, askPerCoreHour, stage.Spec.Resources, stage.Spec.Limits).Micros;
            var least = ((part * plan.Weight) + stage.Weight - 1) / stage.Weight;
            ceiling = least > ceiling.Micros ? new Tokens((long)least) : ceiling;
        }

        return new Quote(ceiling, Ceiling(terms, askPerCoreHour, plan.Stages[0].Spec.Resources, plan.Stages[0].Spec.Limits));
    }

    /// <summary>
    /// The highest ask at which a part stays within <paramref name="share"/> even if it runs for its whole time limit, and at
    /// most the terms' upper bound. Negative one when even the lower bound is too dear.
    /// </summary>
    public static Tokens MaxAsk(PriceTerms terms, Resources resources, Limits limits, Tokens share)
    {
        var perAsk = Factor(terms, resources, Math.Max(1, limits.TimeSeconds * 1000L));
        var ask = share.IsNegative ? -1 : share.Micros * Divisor / perAsk;
        var bounded = ask > terms.MaxAskPerCoreHour.Micros ? terms.MaxAskPerCoreHour : new Tokens((long)ask);
        return bounded < terms.MinAskPerCoreHour ? new Tokens(-1) : bounded;
    }

    /// <summary>The treasury's part of a charge: the fee is so many thousandths of the operator's share, rounded down.</summary>
    public static Tokens Fee(Tokens charge, int feePermille)
        => new((long)((Int128)charge.Micros * feePermille / (Permille + feePermille)));

    private static Int128 Divisor => (Int128)Permille * MillisPerHour * Permille * Permille * Permille;

    private static Tokens Charge(PriceTerms terms, Tokens ask, Resources resources, long wallMillis)
    {
        var bounded = Math.Clamp(ask.Micros, terms.MinAskPerCoreHour.Micros, terms.MaxAskPerCoreHour.Micros);
        return new Tokens(CeilDiv(checked(bounded * Factor(terms, resources, Math.Max(1, wallMillis))), Divisor));
    }

    // Micro-tokens per unit of ask, times Divisor. 128 bits: cores 2^31 · time 2^51 · multipliers 2^31 leave room for the ask.
    private static Int128 Factor(PriceTerms terms, Resources resources, long wallMillis)
        => checked((Int128)BilledMillis(resources) * wallMillis * terms.DemandPermille * terms.TierPermille
            * (Permille + terms.FeePermille));

    private static long CeilDiv(Int128 value, Int128 by) => checked((long)((value + by - 1) / by));
}

/// <summary>The ceiling to hold for a task, and for one of its parts.</summary>
public readonly record struct Quote(Tokens Ceiling, Tokens PerPart);
