using Microsoft.Data.Sqlite;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Projections;

/// <summary>Reads rows of the index.</summary>
internal static class IndexRows
{
    internal const string TaskColumns =
        "id, owner, name, kind, phase, total, accepted, running, hold, cost, submitted, ended, settled, erased, code, message, culprit, retryable, checks, checks_accepted";

    internal const int TaskColumnCount = 20;

    internal const string NodeColumns = "id, name, operator, standing, label, spki, identity, enrolled, quarantine, alarm";

    internal static object? Ticks(DateTimeOffset? at) => at is { } when ? Records.Ticks(when) : null;

    internal static TaskEntry Task(SqliteDataReader r) => new(
        TaskId.Parse(r.GetString(0)),
        AccountId.Parse(r.GetString(1)),
        r.GetString(2),
        (WorkloadKind)r.GetInt32(3),
        (TaskPhase)r.GetInt32(4),
        r.GetInt32(5) - r.GetInt32(18),
        r.GetInt32(6) - r.GetInt32(19),
        r.GetInt32(7),
        new Tokens(r.GetInt64(8)),
        new Tokens(r.GetInt64(9)),
        Records.Time(r.GetInt64(10)),
        r.IsDBNull(11) ? null : Records.Time(r.GetInt64(11)),
        r.IsDBNull(14) ? null : new Fault(r.GetString(14), r.GetString(15), (Culprit)r.GetInt32(16), r.GetBoolean(17)),
        r.GetBoolean(12),
        !r.IsDBNull(13));

    internal static NodeEntry Node(SqliteDataReader r) => new(
        NodeId.Parse(r.GetString(0)),
        r.GetString(1),
        AccountId.Parse(r.GetString(2)),
        (NodeStanding)r.GetInt32(3),
        r.GetString(4),
        r.GetFieldValue<byte[]>(5),
        r.GetFieldValue<byte[]>(6),
        Records.Time(r.GetInt64(7)),
        r.IsDBNull(8) ? null : r.GetString(8),
        r.IsDBNull(9) ? null : r.GetString(9));
}
