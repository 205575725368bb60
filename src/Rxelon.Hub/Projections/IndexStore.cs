using Microsoft.Data.Sqlite;
using Rxelon.Domain.Accounts;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Projections;

/// <summary>
/// Writes the index: a fold of the journal in a file of its own. The offset up to which the journal was folded is written in the
/// same transaction as the rows, so after any crash it goes on exactly there; and the file may be deleted at any time, or has
/// the wrong version, and is then built anew from the first event. Not thread-safe; one owner.
/// </summary>
internal sealed class IndexStore : IDisposable
{
    /// <summary>Raised whenever tables or folds change.</summary>
    private const long Version = 3;

    private const string Tables = """
        CREATE TABLE tasks(
          id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL, phase INTEGER NOT NULL,
          total INTEGER NOT NULL, accepted INTEGER NOT NULL, running INTEGER NOT NULL, hold INTEGER NOT NULL, cost INTEGER NOT NULL,
          submitted INTEGER NOT NULL, ended INTEGER, retain INTEGER NOT NULL, held INTEGER NOT NULL, settled INTEGER NOT NULL,
          erased INTEGER, due INTEGER, code TEXT, message TEXT, culprit INTEGER, retryable INTEGER, checks INTEGER NOT NULL, checks_accepted INTEGER NOT NULL,
          verified INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX tasks_of_owner ON tasks(owner, submitted DESC, id DESC);
        CREATE INDEX tasks_by_time ON tasks(submitted DESC, id DESC);
        CREATE INDEX tasks_due ON tasks(due, id) WHERE due IS NOT NULL;
        CREATE INDEX tasks_erased ON tasks(erased) WHERE erased IS NOT NULL;
        CREATE TABLE verified(
          task TEXT NOT NULL, part INTEGER NOT NULL, known INTEGER NOT NULL, cost INTEGER NOT NULL, PRIMARY KEY(task, part)) WITHOUT ROWID;
        CREATE TABLE accounts(
          id TEXT PRIMARY KEY, name TEXT NOT NULL, kind INTEGER NOT NULL, closed INTEGER NOT NULL, opened INTEGER NOT NULL,
          owed INTEGER NOT NULL, transit INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX accounts_due ON accounts(id) WHERE owed > 0 OR transit > 0;
        CREATE TABLE nodes(
          id TEXT PRIMARY KEY, name TEXT NOT NULL, operator TEXT NOT NULL, standing INTEGER NOT NULL, label TEXT NOT NULL,
          spki BLOB NOT NULL, identity BLOB NOT NULL, enrolled INTEGER NOT NULL, quarantine TEXT, alarm TEXT) WITHOUT ROWID;
        CREATE TABLE folded(version INTEGER NOT NULL, ordering INTEGER NOT NULL);
        """;

    private readonly JournalTail _journal;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _writeTask;
    private readonly SqliteCommand _readTask;
    private readonly SqliteCommand _writePart;
    private readonly SqliteCommand _readPart;
    private readonly SqliteCommand _dropParts;
    private readonly SqliteCommand _writeAccount;
    private readonly SqliteCommand _readAccount;
    private readonly SqliteCommand _writeNode;
    private readonly SqliteCommand _readNode;
    private readonly SqliteCommand _writeOffset;

    internal IndexStore(SqliteFile index, SqliteFile journal)
    {
        index.Create();
        _journal = new JournalTail(journal);
        _connection = index.Open();
        SqliteFile.Execute(_connection, "PRAGMA synchronous=NORMAL;"); // what a power cut takes is folded again
        Prepare();
        _writeTask = Command("""
            INSERT OR REPLACE INTO tasks VALUES(
              $id, $owner, $name, $kind, $phase, $total, $accepted, $running, $hold, $cost, $submitted, $ended, $retain, $held, $settled,
              $erased, $due, $code, $message, $culprit, $retryable, $checks, $checksAccepted, $verified)
            """);
        _readTask = Command($"SELECT {IndexRows.TaskColumns}, retain, held, verified FROM tasks WHERE id = $id");
        _writePart = Command("INSERT OR REPLACE INTO verified VALUES($task, $part, $known, $cost)");
        _readPart = Command("SELECT known, cost FROM verified WHERE task = $task AND part = $part");
        _dropParts = Command("DELETE FROM verified WHERE task = $task");
        _writeAccount = Command("INSERT OR REPLACE INTO accounts VALUES($id, $name, $kind, $closed, $opened, $owed, $transit)");
        _readAccount = Command("SELECT name, kind, closed, opened, owed, transit FROM accounts WHERE id = $id");
        _writeNode = Command(
            "INSERT OR REPLACE INTO nodes VALUES($id, $name, $operator, $standing, $label, $spki, $identity, $enrolled, $quarantine, $alarm)");
        _readNode = Command($"SELECT {IndexRows.NodeColumns} FROM nodes WHERE id = $id");
        _writeOffset = Command("UPDATE folded SET ordering = $ordering");
    }

    /// <summary>The ordering of the last journal row that was folded in.</summary>
    internal long Offset { get; private set; }

    /// <summary>Folds up to <paramref name="limit"/> further rows in one transaction; returns how many there were.</summary>
    internal int Advance(int limit)
    {
        var rows = _journal.Read(Offset, limit);
        if (rows.Count == 0)
            return 0;
        SqliteFile.Transact(_connection, () => Fold(rows));
        Offset = rows[^1].Ordering;
        return rows.Count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_writeTask, _readTask, _writePart, _readPart, _dropParts, _writeAccount, _readAccount, _writeNode, _readNode, _writeOffset])
            command.Dispose();
        _connection.Dispose();
        _journal.Dispose();
    }

    private void Fold(List<JournalRow> rows)
    {
        var batch = new IndexBatch(Task, Account, Node);
        foreach (var row in rows)
            batch.Apply(row);
        foreach (var task in batch.Tasks.Values)
            Write(task);
        foreach (var (id, account) in batch.Accounts)
            Run(_writeAccount, id.ToString(), account.Name, (int)account.Kind, account.Closed, Records.Ticks(account.Opened),
                account.Owed.Micros, account.InTransit);
        foreach (var (id, node) in batch.Nodes)
        {
            if (node.Entry is { } e)
                Run(_writeNode, id.ToString(), e.Name, e.Operator.ToString(), (int)e.Standing, e.Label, e.TlsSpkiSha256, e.IdentityKey,
                    Records.Ticks(e.EnrolledAt), e.Quarantine, e.Alarm);
        }

        Run(_writeOffset, rows[^1].Ordering);
    }

    private void Prepare()
    {
        using var present = Command("SELECT count(*) FROM sqlite_master WHERE name = 'folded'");
        if ((long)present.ExecuteScalar()! == 1)
        {
            using var read = Command("SELECT version, ordering FROM folded");
            using var reader = read.ExecuteReader();
            if (reader.Read() && reader.GetInt64(0) == Version && reader.GetInt64(1) <= _journal.Last())
            {
                Offset = reader.GetInt64(1);
                return;
            }
        }

        SqliteFile.Transact(_connection, () => SqliteFile.Execute(_connection, $"""
            DROP TABLE IF EXISTS tasks; DROP TABLE IF EXISTS verified; DROP TABLE IF EXISTS accounts; DROP TABLE IF EXISTS nodes; DROP TABLE IF EXISTS folded;
            {Tables}
            INSERT INTO folded VALUES({Version}, 0);
            """));
    }

    private void Write(TaskRow t)
    {
        var id = t.Id.ToString();
        Run(
            _writeTask, id, t.Owner.ToString(), t.Name, (int)t.Kind, (int)t.Phase, t.Total, t.Accepted, t.Running,
            t.Hold.Micros, t.Cost.Micros, Records.Ticks(t.Submitted), IndexRows.Ticks(t.Ended), t.RetainSeconds, t.Held, t.Settled,
            IndexRows.Ticks(t.Erased), IndexRows.Ticks(t.Due), t.Reason?.Code, t.Reason?.Message, (int?)t.Reason?.Culprit,
            t.Reason?.Retryable, t.Checks, t.ChecksAccepted, t.Verified is not null);
        if (t.DropsParts)
            Run(_dropParts, id);
        foreach (var (part, known, cost) in t.Verified?.Changed ?? [])
            Run(_writePart, id, part, known, cost);
    }

    private TaskRow? Task(TaskId id)
    {
        _readTask.Parameters[0].Value = id.ToString();
        using var r = _readTask.ExecuteReader();
        if (!r.Read())
            return null;
        var e = IndexRows.Task(r);
        return new TaskRow(id)
        {
            Owner = e.Owner,
            Name = e.Name,
            Kind = e.Kind,
            Phase = e.Phase,
            Total = r.GetInt32(5),
            Accepted = r.GetInt32(6),
            Checks = r.GetInt32(18),
            ChecksAccepted = r.GetInt32(19),
            Running = e.PartsRunning,
            Hold = e.Hold,
            Cost = e.Cost,
            Submitted = e.SubmittedAt,
            Ended = e.EndedAt,
            Reason = e.Reason,
            Settled = e.Settled,
            Erased = e.Erased ? Records.Time(r.GetInt64(13)) : null,
            RetainSeconds = r.GetInt64(IndexRows.TaskColumnCount),
            Held = r.GetBoolean(IndexRows.TaskColumnCount + 1),
            Verified = r.GetBoolean(IndexRows.TaskColumnCount + 2) ? new VerifiedParts(part => Part(id, part), r.GetInt32(19)) : null,
        };
    }

    private (int Known, long Cost)? Part(TaskId task, int part)
    {
        _readPart.Parameters[0].Value = task.ToString();
        _readPart.Parameters[1].Value = part;
        using var r = _readPart.ExecuteReader();
        return r.Read() ? (r.GetInt32(0), r.GetInt64(1)) : null;
    }

    private AccountRow? Account(AccountId id)
    {
        _readAccount.Parameters[0].Value = id.ToString();
        using var r = _readAccount.ExecuteReader();
        return !r.Read() ? null : new AccountRow
        {
            Name = r.GetString(0),
            Kind = (AccountKind)r.GetInt32(1),
            Closed = r.GetBoolean(2),
            Opened = Records.Time(r.GetInt64(3)),
            Owed = new Tokens(r.GetInt64(4)),
            InTransit = r.GetInt32(5),
        };
    }

    private NodeRow? Node(NodeId id)
    {
        _readNode.Parameters[0].Value = id.ToString();
        using var r = _readNode.ExecuteReader();
        return r.Read() ? new NodeRow { Entry = IndexRows.Node(r) } : null;
    }

    private SqliteCommand Command(string sql) => SqliteFile.Prepare(_connection, sql);

    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        command.ExecuteNonQuery();
    }
}
