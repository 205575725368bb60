using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Rxelon.Domain.Accounts;
using Rxelon.Hub.Config;
using Rxelon.Hub.Enrolment;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Admin;

/// <summary>What admin commands work with.</summary>
internal sealed class AdminContext(
    ActorSystem system, HubOptions options, TimeProvider time, ITaskIndex tasks, INodeIndex nodes, IAccountIndex accounts, IJoinTokens tokens)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ActorRegistry _actors = ActorRegistry.For(system);

    internal HubOptions Options => options;

    internal ITaskIndex Tasks => tasks;

    internal INodeIndex Nodes => nodes;

    internal IAccountIndex Accounts => accounts;

    internal IJoinTokens Tokens => tokens;

    internal Cluster Cluster => Cluster.Get(system);

    internal DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Asks the actor registered under <typeparamref name="TKey"/>.</summary>
    internal Task<object> AskAsync<TKey>(object message, CancellationToken cancel)
        => _actors.Get<TKey>().Ask<object>(message, Patience, cancel);

    /// <summary>An account by id, by the word "treasury", or by a name that only one has.</summary>
    internal AccountId? FindAccount(string text)
        => text == "treasury" ? AccountIds.Treasury
            : AccountId.TryParse(text, out var id) ? id
            : accounts.Named(text) is [var only] ? only.Account : null;
}
