using Akka.Actor;
using Akka.Hosting;

namespace Rxelon.Hub.Entities;

/// <summary>
/// Whom entities talk to, looked up when first needed because everybody starts at once. A neighbour that is not there yet gets
/// nothing; everything that entities send is sent again until it is answered.
/// </summary>
internal sealed class Neighbours(IReadOnlyActorRegistry registry)
{
    private IActorRef? _tasks;
    private IActorRef? _accounts;
    private IActorRef? _nodes;
    private IActorRef? _matchmaker;
    private IActorRef? _news;

    internal IActorRef Tasks => Find<TaskRegion>(ref _tasks);

    internal IActorRef Accounts => Find<AccountRegion>(ref _accounts);

    internal IActorRef Nodes => Find<NodeRegion>(ref _nodes);

    internal IActorRef Matchmaker => Find<MatchmakerKey>(ref _matchmaker);

    internal IActorRef News => Find<NewsKey>(ref _news);

    /// <summary>Not kept: the edge may replace its router.</summary>
    internal IActorRef Router => registry.TryGet<NodeRouterKey>(out var found) ? found : ActorRefs.Nobody;

    private IActorRef Find<TKey>(ref IActorRef? kept)
        => kept ?? (registry.TryGet<TKey>(out var found) ? kept = found : ActorRefs.Nobody);
}
