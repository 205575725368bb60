using Rxelon.Domain.Nodes;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>The network's nodes, as every account may see them.</summary>
internal static class NodesEndpoints
{
    private const int AsksAtOnce = 32;

    internal static void MapNodes(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/nodes").WithMetadata(NeedsAccount.Instance);
        group.MapGet("", ListAsync).Produces<NodeInfo[]>().WithSummary("All enrolled nodes that are not revoked: standing, offer, price, record.");
        group.MapGet("/{id}", ShowAsync).Produces<NodeInfo>().WithSummary("One node.");
    }

    private static async Task<IResult> ListAsync(HubCalls calls, INodeIndex index, TimeProvider time, CancellationToken cancel)
    {
        var live = (await calls.SessionsAsync(cancel)).ToDictionary(s => s.Offer.Node);
        var entries = index.All().Where(n => n.Standing != NodeStanding.Revoked).ToList();
        var infos = new NodeInfo?[entries.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, entries.Count),
            new ParallelOptions { MaxDegreeOfParallelism = AsksAtOnce, CancellationToken = cancel },
            async (i, token) =>
            {
                if (await calls.AskAsync(new GetNode(entries[i].Node, time.GetUtcNow()), token) is NodeView view)
                    infos[i] = Info(view, live.GetValueOrDefault(view.Node));
            });
        return Answers.Json(infos.OfType<NodeInfo>().ToArray());
    }

    private static async Task<IResult> ShowAsync(NodeId id, HubCalls calls, TimeProvider time, CancellationToken cancel)
        => await calls.AskAsync(new GetNode(id, time.GetUtcNow()), cancel) is NodeView view
            ? Answers.Json(Info(view, (await calls.SessionsAsync(cancel)).FirstOrDefault(s => s.Offer.Node == id)))
            : Answers.Problem(new Fault(FaultCodes.NotFound, "There is no such node."));

    private static NodeInfo Info(NodeView node, SessionStatus? session) => new(
        node.Node, node.Name, node.Operator, node.Alarm is null ? node.Standing.ToString() : "Isolated", session is not null, session?.Offer.Region ?? "",
        session?.Offer.Total ?? default, session?.Offer.Free ?? default,
        session is null ? [] : [.. session.Offer.Kinds.Order().Select(k => k.ToString())], session?.Warnings ?? [],
        session?.Offer.AskPerCoreHour ?? Tokens.Zero, node.Accepted, node.Failed, node.Lost);
}
