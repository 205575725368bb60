using Rxelon.Hub.Config;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>What a task would cost on today's terms.</summary>
internal sealed record Estimate(PriceTerms Terms, Tokens Ceiling, Tokens PerPart, QuoteAnswer Market, StagePlan Plan);

/// <summary>Makes quotes from the matchmaker's view of the market and the published formula (docs/design/pricing.md).</summary>
internal sealed class Quoting(HubCalls calls, HubOptions options)
{
    /// <summary>Faults: malformed, too-large. Of several stages the dearest ask, the highest demand and the fewest fitting nodes count.</summary>
    /// <param name="spec">The task.</param>
    /// <param name="parts">How many parts.</param>
    /// <param name="agreedDemand">The multiplier that a quote promised, in thousandths; a lower present one counts instead.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<Outcome<Estimate>> EstimateAsync(TaskSpec spec, int parts, int? agreedDemand, CancellationToken cancel)
    {
        var planned = StagePlan.Of(spec, parts);
        if (planned.Fault is { } unsound)
            return unsound;
        var plan = planned.Value;
        var market = await calls.AskAsync(new AskQuote(plan.Stages[0].Spec, parts), cancel).ConfigureAwait(false);
        foreach (var stage in plan.Stages.Skip(1))
            market = Together(market, await calls.AskAsync(new AskQuote(stage.Spec, stage.Parts), cancel).ConfigureAwait(false));
        var terms = new PriceTerms(
            new Tokens(options.MinAskPerCoreHour), new Tokens(options.MaxAskPerCoreHour),
            Math.Min(market.DemandPermille, agreedDemand ?? int.MaxValue),
            Tariff.TierPermille(spec.Budget.Tier), options.FeePermille);
        var ask = market.NodesFit > 0 ? market.HighestAskPerCoreHour : new Tokens(options.AssumedAskPerCoreHour);
        try
        {
            var quote = Tariff.Quote(terms, ask, plan);
            return new Estimate(terms, quote.Ceiling, quote.PerPart, market, plan);
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
    internal static Outcome<Tokens> HoldFor(Estimate estimate, TaskSpec spec, Tokens budget)
    {
        var most = spec.Budget.Max > Tokens.Zero ? Tokens.Min(budget, spec.Budget.Max) : budget;
        var hold = Tokens.Min(estimate.Ceiling, most);
        var shares = HoldShares.Of(hold, estimate.Plan.Weight);
        return estimate.Plan.Stages.Any(s => Tariff.MaxAsk(estimate.Terms, s.Spec.Resources, s.Spec.Limits, shares.For(s.Weight)).IsNegative)
            ? new Fault(
                FaultCodes.BudgetExceeded,
                $"A budget of {most} tokens is too small for {estimate.Plan.Total} parts even at the lowest price; the quote is {estimate.Ceiling}.", Culprit.Input)
            : hold;
    }

    // A stage without a fitting node makes the whole task one without.
    private static QuoteAnswer Together(QuoteAnswer a, QuoteAnswer b) => new(
        Math.Min(a.NodesFit, b.NodesFit), Math.Max(a.NodesTotal, b.NodesTotal), Math.Max(a.DemandPermille, b.DemandPermille),
        a.HighestAskPerCoreHour > b.HighestAskPerCoreHour ? a.HighestAskPerCoreHour : b.HighestAskPerCoreHour,
        a.Estimate is { } x && b.Estimate is { } y ? (x > y ? x : y) : null,
        [.. a.Reasons.Union(b.Reasons)]);
}
