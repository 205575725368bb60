using Rxelon.Hub.Edge;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>The models that live nodes offer just now.</summary>
internal static class ModelsEndpoints
{
    private const long SecondsPerHour = 3600;

    internal static void MapModels(this IEndpointRouteBuilder api)
        => api.MapGet("/v1/models", ListAsync).WithMetadata(NeedsAccount.Instance).Produces<ModelInfo[]>()
            .WithSummary("Models that can be asked now: which nodes have them, loaded or not, how fast they were, at which price.");

    private static async Task<IResult> ListAsync(HubCalls calls, CancellationToken cancel)
    {
        var offers = from session in await calls.SessionsAsync(cancel)
                     from model in session.Offer.Models
                     group Info(session, model.Value.IsLoaded, model.Value.MilliTokensPerSecond) by model.Key into nodes
                     orderby nodes.Key
                     select new ModelInfo(nodes.Key, [.. nodes.OrderByDescending(n => n.Loaded).ThenBy(n => n.AskPerCoreHour).ThenBy(n => n.Node.ToString(), StringComparer.Ordinal)]);
        return Answers.Json(offers.ToArray());
    }

    private static ModelNodeInfo Info(SessionStatus session, bool isLoaded, long milliTokensPerSecond)
    {
        var offer = session.Offer;
        return new ModelNodeInfo(
            offer.Node, isLoaded, milliTokensPerSecond > 0 ? milliTokensPerSecond / 1000.0 : null, offer.AskPerCoreHour,
            PerMillionTokens(offer.AskPerCoreHour, milliTokensPerSecond), offer.SlotsFree, offer.Pool?.Memory ?? 0, offer.Pool?.MemoryFree ?? 0,
            offer.Pool?.Devices ?? 0);
    }

    private static Tokens? PerMillionTokens(Tokens ask, long milliTokensPerSecond)
    {
        if (milliTokensPerSecond <= 0)
            return null;
        var micros = (Int128)ask.Micros * 1_000_000 * 1000 / ((Int128)milliTokensPerSecond * SecondsPerHour);
        return micros <= long.MaxValue ? new Tokens((long)micros) : null;
    }
}
