using Akka.Actor;
using Akka.Hosting;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Config;

/// <summary>Asks each region once: the shards' coordinators take a moment after a start, and nobody should be told "ready" before.</summary>
internal sealed class HubWarmUp(ActorSystem system, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Nobody = new byte[32];

    internal async Task RunAsync(CancellationToken cancel)
    {
        var actors = ActorRegistry.For(system);
        var now = time.GetUtcNow();
        await Task.WhenAll(
            actors.Get<AccountRegion>().Ask<AccountReply>(new GetAccount(AccountIds.Treasury, now), Patience, cancel),
            actors.Get<NodeRegion>().Ask<NodeReply>(new GetNode(NodeId.OfIdentityKey(Nobody), now), Patience, cancel),
            actors.Get<TaskRegion>().Ask<TaskReply>(new GetTask(TaskId.FromBytes([.. Nobody.AsSpan(0, 15), 1]), null, now), Patience, cancel));
    }
}
