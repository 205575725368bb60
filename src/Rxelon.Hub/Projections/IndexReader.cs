using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Projections;

/// <summary>Answers questions from the index on read-only connections of its own; safe to use from any thread.</summary>
internal sealed class IndexReader(SqliteFile index) : ITaskIndex, INodeIndex, IAccountIndex
{
    /// <inheritdoc/>
    public TaskEntryPage List(AccountId owner, string? after, int limit)
    {
        var (submitted, id) = Cursor(after);
        var tasks = Query(
            $"""
            SELECT {IndexRows.TaskColumns} FROM tasks
            WHERE owner = $owner AND (submitted, id) < ($submitted, $id) ORDER BY submitted DESC, id DESC LIMIT $limit
            """,
            IndexRows.Task,
            ("$owner", owner.ToString()),
            ("$submitted", submitted),
            ("$id", id),
            ("$limit", limit + 1));
        if (tasks.Count <= limit)
            return new TaskEntryPage(tasks, null);
        tasks.RemoveAt(limit);
        return new TaskEntryPage(tasks, Cursor(tasks[^1]));
    }

    /// <inheritdoc/>
    public IReadOnlyList<TaskEntry> Find(string? prefix, AccountId? owner, TaskPhase? phase, int limit)
        => Query(
            $"""
            SELECT {IndexRows.TaskColumns} FROM tasks
            WHERE ($prefix IS NULL OR substr(id, 1, length($prefix)) = $prefix)
              AND ($owner IS NULL OR owner = $owner) AND ($phase IS NULL OR phase = $phase)
            ORDER BY submitted DESC, id DESC LIMIT $limit
            """,
            IndexRows.Task,
            ("$prefix", prefix),
            ("$owner", owner?.ToString()),
            ("$phase", (int?)phase),
            ("$limit", limit));

    /// <inheritdoc/>
    public IReadOnlyDictionary<TaskPhase, long> Count()
        => Query("SELECT phase, count(*) FROM tasks GROUP BY phase", r => ((TaskPhase)r.GetInt32(0), r.GetInt64(1)))
            .ToDictionary(p => p.Item1, p => p.Item2);

    /// <inheritdoc/>
    IReadOnlyList<NodeEntry> INodeIndex.All()
        => Query($"SELECT {IndexRows.NodeColumns} FROM nodes ORDER BY enrolled, id", IndexRows.Node);

    /// <inheritdoc/>
    public NodeEntry? Find(NodeId node)
        => Query($"SELECT {IndexRows.NodeColumns} FROM nodes WHERE id = $id", IndexRows.Node, ("$id", node.ToString())).FirstOrDefault();

    /// <inheritdoc/>
    IReadOnlyList<AccountEntry> IAccountIndex.All() => Accounts(null);

    /// <inheritdoc/>
    public IReadOnlyList<AccountEntry> Named(string name) => Accounts(name);

    /// <summary>
    /// Tasks that are due by <paramref name="now"/>, in pages: those after the cursor, which starts as default.
    /// </summary>
    internal List<DueTask> DueTasks(DateTimeOffset now, DueTask after, int limit)
        => Query(
            """
            SELECT due, id FROM tasks WHERE due IS NOT NULL AND due <= $now AND (due, id) > ($due, $id)
            ORDER BY due, id LIMIT $limit
            """,
            r => new DueTask(r.GetInt64(0), r.GetString(1)),
            ("$now", Records.Ticks(now)),
            ("$due", after.Id is null ? -1 : after.Due),
            ("$id", after.Id ?? ""),
            ("$limit", limit));

    /// <summary>Accounts that have money to send on, after this one.</summary>
    internal List<string> DueAccounts(string after, int limit)
        => Query(
            "SELECT id FROM accounts WHERE (owed > 0 OR transit > 0) AND id > $id ORDER BY id LIMIT $limit",
            r => r.GetString(0),
            ("$id", after),
            ("$limit", limit));

    /// <summary>Verified tasks that live.</summary>
    internal List<string> OpenVerified() => Query("SELECT id FROM tasks WHERE verified AND ended IS NULL", r => r.GetString(0));

    /// <summary>Nodes that gave a wrong answer and were not reinstated.</summary>
    internal List<string> Quarantined() => Query("SELECT id FROM nodes WHERE quarantine IS NOT NULL", r => r.GetString(0));

    /// <summary>Tasks erased since then: a crash may have come between the record and the deletion.</summary>
    internal List<string> ErasedSince(DateTimeOffset since)
        => Query("SELECT id FROM tasks WHERE erased >= $since", r => r.GetString(0), ("$since", Records.Ticks(since)));

    private List<AccountEntry> Accounts(string? name)
        => Query(
            "SELECT id, name, kind, closed, opened FROM accounts WHERE opened > 0 AND ($name IS NULL OR name = $name) ORDER BY opened, id",
            r => new AccountEntry(
                AccountId.Parse(r.GetString(0)), r.GetString(1), (AccountKind)r.GetInt32(2), r.GetBoolean(3), Records.Time(r.GetInt64(4))),
            ("$name", name));

    private static string Cursor(TaskEntry last)
        => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Records.Ticks(last.SubmittedAt)}.{last.Task}")));

    private static (long Submitted, string Id) Cursor(string? after)
    {
        var none = (long.MaxValue, "");
        if (after is null || after.Length % 2 != 0 || after.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            return none;
        var pieces = Encoding.ASCII.GetString(Convert.FromHexString(after)).Split('.');
        return pieces.Length == 2 && long.TryParse(pieces[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? (ticks, pieces[1])
            : none;
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var connection = index.OpenReadOnly();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}

/// <summary>A place in the order in which due tasks are visited.</summary>
internal readonly record struct DueTask(long Due, string Id);
