using System.Runtime.InteropServices;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Projections;

/// <summary>What the index knows of one account; <see cref="Owed"/> and <see cref="InTransit"/> say whether it has to be woken.</summary>
internal sealed class AccountRow
{
    internal string Name { get; set; } = "";

    internal AccountKind Kind { get; set; }

    internal bool Closed { get; set; }

    internal DateTimeOffset Opened { get; set; }

    internal Tokens Owed { get; set; }

    internal int InTransit { get; set; }

    internal bool IsDue => Owed > Tokens.Zero || InTransit > 0;
}

/// <summary>What the index knows of one node.</summary>
internal sealed class NodeRow
{
    internal NodeEntry? Entry { get; set; }
}

/// <summary>
/// Folds rows of the journal into rows of the index: each touched one is fetched once, changed in memory and left in the
/// dictionaries for one write.
/// </summary>
internal sealed class IndexBatch(Func<TaskId, TaskRow?> task, Func<AccountId, AccountRow?> account, Func<NodeId, NodeRow?> node)
{
    internal Dictionary<TaskId, TaskRow> Tasks { get; } = [];

    internal Dictionary<AccountId, AccountRow> Accounts { get; } = [];

    internal Dictionary<NodeId, NodeRow> Nodes { get; } = [];

    internal void Apply(JournalRow row)
    {
        var dash = row.PersistenceId.IndexOf('-', StringComparison.Ordinal);
        var id = row.PersistenceId[(dash + 1)..];
        switch (row.Decode())
        {
            case ITaskEvent e:
                Task(TaskId.Parse(id)).Apply(e);
                break;
            case IAccountEvent e:
                Apply(AccountId.Parse(id), e);
                break;
            case INodeEvent e:
                Apply(NodeId.Parse(id), e);
                break;
            case var other:
                throw new InvalidOperationException($"The index has no rule for {other.GetType()}.");
        }
    }

    private TaskRow Task(TaskId id)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(Tasks, id, out _);
        return row ??= task(id) ?? new TaskRow(id);
    }

    private void Apply(AccountId id, IAccountEvent happened)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(Accounts, id, out _);
        row ??= account(id) ?? new AccountRow();
        switch (happened)
        {
            case AccountOpened e:
                (row.Name, row.Kind, row.Opened) = (e.Name, e.Kind, e.At);
                break;
            case FundsHeld e:
                Task(e.Task).HoldPlaced();
                break;
            case HoldSettled e:
                row.Owed += Tokens.Sum(e.Owed.Select(o => o.Amount));
                Task(e.Task).Settled |= e.Closed;
                break;
            case PayoutsSent e:
                row.Owed -= Tokens.Sum(e.Payouts.Select(p => p.Amount));
                row.InTransit += e.Payouts.Count;
                break;
            case PayoutsConfirmed e:
                row.InTransit -= e.Numbers.Count;
                break;
            case AccountClosed:
                row.Closed = true;
                break;
            case ApiKeyAdded or ApiKeyRemoved or TokensGranted or HoldChanged or PayoutBooked:
                break;
            default:
                throw new InvalidOperationException($"The index has no rule for {happened.GetType()}; add it to {nameof(IndexBatch)}.");
        }
    }

    private void Apply(NodeId id, INodeEvent happened)
    {
        if (happened is NodeWindowRecorded)
            return;
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(Nodes, id, out _);
        row ??= node(id) ?? new NodeRow();
        row.Entry = (happened, row.Entry) switch
        {
            (NodeEnrolled e, _) => new NodeEntry(
                id,
                e.Name,
                e.Operator,
                e.Approved ? NodeStanding.Active : NodeStanding.Pending,
                e.Label,
                e.TlsSpkiSha256,
                e.IdentityKey,
                e.At),
            (NodeApproved, { } known) => known with { Standing = NodeStanding.Active },
            (NodeRevoked, { } known) => known with { Standing = NodeStanding.Revoked },
            (NodeQuarantined e, { } known) => known with { Quarantine = e.Reason },
            (NodeReinstated, { } known) => known with { Quarantine = null },
            (NodeRenewed e, { } known) => known with { TlsSpkiSha256 = e.TlsSpkiSha256 },
            (NodeAlarmRaised e, { } known) => known with { Alarm = e.Alarm.Code },
            (NodeAlarmCleared, { } known) => known with { Alarm = null },
            (NodeMeasured, { } known) => known with { Alarm = known.Alarm is { } code && AlarmCodes.IsOfLog(code) ? code : null },
            _ => throw new InvalidOperationException($"The index has no rule for {happened.GetType()}; add it to {nameof(IndexBatch)}."),
        };
    }
}
