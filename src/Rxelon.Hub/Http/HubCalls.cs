using Akka.Actor;
using Akka.Hosting;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Live;
using Rxelon.Hub.Scheduling;

namespace Rxelon.Hub.Http;

/// <summary>The gateway's questions to the hub's actors. A missing answer is an <see cref="AskTimeoutException"/>.</summary>
internal sealed class HubCalls(ActorSystem system, IProgressBoard board)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly ActorRegistry _actors = ActorRegistry.For(system);

    internal ActorSystem System => system;

    /// <summary>How far running attempts say they are.</summary>
    internal IProgressBoard Board => board;

    internal IActorRef News => _actors.Get<NewsKey>();

    internal Task<TaskReply> AskAsync(ITaskCommand command, CancellationToken cancel)
        => _actors.Get<TaskRegion>().Ask<TaskReply>(command, Patience, cancel);

    internal Task<AccountReply> AskAsync(IAccountCommand command, CancellationToken cancel)
        => _actors.Get<AccountRegion>().Ask<AccountReply>(command, Patience, cancel);

    internal Task<NodeReply> AskAsync(INodeCommand command, CancellationToken cancel)
        => _actors.Get<NodeRegion>().Ask<NodeReply>(command, Patience, cancel);

    internal Task<QuoteAnswer> AskAsync(AskQuote question, CancellationToken cancel)
        => _actors.Get<MatchmakerKey>().Ask<QuoteAnswer>(question, Patience, cancel);

    internal Task<WaitReason> AskAsync(AskWhy question, CancellationToken cancel)
        => _actors.Get<MatchmakerKey>().Ask<WaitReason>(question, Patience, cancel);

    internal async Task<IReadOnlyList<SessionStatus>> SessionsAsync(CancellationToken cancel)
        => (await _actors.Get<NodeRouterKey>().Ask<SessionList>(ListSessions.Instance, Patience, cancel).ConfigureAwait(false)).Sessions;
}
