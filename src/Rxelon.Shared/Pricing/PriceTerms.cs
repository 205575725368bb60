using Rxelon.Shared.Values;

namespace Rxelon.Shared.Pricing;

/// <summary>
/// The terms a quote was made on, kept with the task so that anybody can recompute each charge: the CHS's bounds on asks
/// (micro-tokens per core-hour), the demand multiplier and the tier's multiplier, both in thousandths, and the network
/// fee in thousandths of the operator's share. See docs/design/pricing.md.
/// </summary>
public sealed record PriceTerms(
    Tokens MinAskPerCoreHour, Tokens MaxAskPerCoreHour, int DemandPermille, int TierPermille, int FeePermille);
