using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Projections;

/// <summary>
/// Lists of tasks, read from a projection of the journal: a moment behind, never ahead. What must be exact is asked of the
/// task itself.
/// </summary>
public interface ITaskIndex
{
    /// <summary>
    /// An owner's tasks, newest first; <paramref name="after"/> is a page's <see cref="TaskEntryPage.Next"/> or null. A cursor
    /// that is not one gives the first page.
    /// </summary>
    TaskEntryPage List(AccountId owner, string? after, int limit);

    /// <summary>Tasks whose id starts with the prefix, of the owner, in the phase (null: any), newest first.</summary>
    IReadOnlyList<TaskEntry> Find(string? prefix, AccountId? owner, TaskPhase? phase, int limit);

    /// <summary>How many tasks are in each phase.</summary>
    IReadOnlyDictionary<TaskPhase, long> Count();
}

/// <summary>A page of tasks; <see cref="Next"/> is null on the last one.</summary>
public sealed record TaskEntryPage(IReadOnlyList<TaskEntry> Tasks, string? Next);

/// <summary>One task as its journal tells it; checks are not counted as parts. <see cref="Settled"/>: its account has closed the hold.</summary>
public sealed record TaskEntry(
    TaskId Task, AccountId Owner, string Name, WorkloadKind Kind, TaskPhase Phase, int PartsTotal, int PartsAccepted, int PartsRunning,
    Tokens Hold, Tokens Cost, DateTimeOffset SubmittedAt, DateTimeOffset? EndedAt, Fault? Reason, bool Settled, bool Erased);

/// <summary>All nodes ever enrolled, a moment behind.</summary>
public interface INodeIndex
{
    IReadOnlyList<NodeEntry> All();

    /// <summary>The node, or null.</summary>
    NodeEntry? Find(NodeId node);
}

/// <summary>
/// One node as enrolled; <see cref="TlsSpkiSha256"/> is the newest TLS key's, <see cref="Quarantine"/> the code of why it gets no new parts,
/// <see cref="Alarm"/> the code for which it is isolated.
/// </summary>
public sealed record NodeEntry(
    NodeId Node, string Name, AccountId Operator, NodeStanding Standing, string Label, byte[] TlsSpkiSha256, byte[] IdentityKey,
    DateTimeOffset EnrolledAt, string? Quarantine = null, string? Alarm = null);

/// <summary>All accounts, a moment behind.</summary>
public interface IAccountIndex
{
    IReadOnlyList<AccountEntry> All();

    /// <summary>Accounts with this name.</summary>
    IReadOnlyList<AccountEntry> Named(string name);
}

/// <summary>One account.</summary>
public sealed record AccountEntry(AccountId Account, string Name, AccountKind Kind, bool Closed, DateTimeOffset OpenedAt);
