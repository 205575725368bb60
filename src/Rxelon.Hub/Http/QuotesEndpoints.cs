using Rxelon.Hub.Config;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>Prices before anything is submitted.</summary>
internal static class QuotesEndpoints
{
    internal static void MapQuotes(this IEndpointRouteBuilder api)
        => api.MapPost("/v1/quotes", QuoteAsync).WithMetadata(NeedsAccount.Instance).Accepts<QuoteRequest>("application/json").Produces<QuoteResponse>()
            .WithSummary("What a task would cost at most, which nodes fit, when it would start, and why the other nodes do not fit.");

    private static async Task<IResult> QuoteAsync(
        JsonBody<QuoteRequest> body, Caller caller, Quoting quoting, QuoteSeal seal, HubOptions options, CancellationToken cancel)
    {
        var (spec, parts) = body.Value;
        if (SpecRules.Check(spec, options) is var (field, wrong))
            return Answers.Problem(wrong, field);
        if (parts is < 1 or > SpecRules.MaxParts)
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"parts is a number from 1 to {SpecRules.MaxParts}.", Culprit.Input), "parts");
        var estimate = await quoting.EstimateAsync(spec, parts, null, cancel);
        if (estimate.Fault is { } fault)
            return Answers.Problem(fault);
        var (terms, ceiling, perPart, market, _) = estimate.Value;
        var (token, until) = seal.Seal(new AgreedDemand(caller.Account, parts, terms.DemandPermille));
        return Answers.Json(new QuoteResponse(
            ceiling, perPart,
            new PriceTermsInfo(terms.MinAskPerCoreHour, terms.MaxAskPerCoreHour, terms.DemandPermille, terms.TierPermille, terms.FeePermille),
            market.NodesFit, market.NodesTotal, market.Estimate?.TotalSeconds, market.Reasons, token, until));
    }
}
