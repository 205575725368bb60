using Rxelon.Hub.Config;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>What a task would cost on today's terms.</summary>
internal sealed record Estimate(PriceTerms Terms, Tokens Ceiling, Tokens PerPart, QuoteAnswer Market);

/// <summary>Makes quotes from the matchmaker's view of the market and the published formula (docs/design/pricing.md).</summary>
internal sealed class Quoting(HubCalls calls, HubOptions options)
{
    /// <summary>Fault: too-large.</summary>
    /// <param name="spec">The task.</param>
    /// <param name="parts">How many parts.</param>
    /// <param name="agreedDemand">The multiplier that a quote promised, in thousandths; a lower present one counts instead.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<Outcome<Estimate>> EstimateAsync(TaskSpec spec, int parts, int? agreedDemand, CancellationToken cancel)
    {
        var market = await calls.AskAsync(new AskQuote(spec, parts), cancel).ConfigureAwait(false);
        var terms = new PriceTerms(
            new Tokens(options.MinAskPerCoreHour), new Tokens(options.MaxAskPerCoreHour),
            Math.Min(market.DemandPermille, agreedDemand ?? int.MaxValue),
            Tariff.TierPermille(spec.Budget.Tier), options.FeePermille);
        var ask = market.NodesFit > 0 ? market.HighestAskPerCoreHour : new Tokens(options.AssumedAskPerCoreHour);
        try
        {
            var quote = Tariff.Quote(terms, ask, spec, parts);
            return new Estimate(terms, quote.Ceiling, quote.PerPart, market);
        }
        catch (OverflowException)
        {
            return new Fault(FaultCodes.TooLarge, "This would cost more than money can count here; split it into smaller tasks.", Culprit.Input);
        }
    }

    /// <summary>
    /// What to hold: the quote, but never more than the user signed for. Budget-exceeded when not even the lowest ask fits
    /// into it.
    /// </summary>
    internal static Outcome<Tokens> HoldFor(Estimate estimate, TaskSpec spec, int parts, Tokens budget)
    {
        var most = spec.Budget.Max > Tokens.Zero ? Tokens.Min(budget, spec.Budget.Max) : budget;
        var hold = Tokens.Min(estimate.Ceiling, most);
        return Tariff.MaxAsk(estimate.Terms, spec.Resources, spec.Limits, new Tokens(hold.Micros / parts)).IsNegative
            ? new Fault(
                FaultCodes.BudgetExceeded,
                $"A budget of {most} tokens is too small for {parts} parts even at the lowest price; the quote is {estimate.Ceiling}.", Culprit.Input)
            : hold;
    }
}
