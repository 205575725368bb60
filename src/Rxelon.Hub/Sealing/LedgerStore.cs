using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Domain.Sealing;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// <c>ledger.db</c>: which event is which entry, entities with their keys, entries whose files are not full yet, and blocks. Everything that
/// one batch changes is one transaction, fenced by the size that it began with. Not thread-safe; the sealer is its only writer.
/// </summary>
internal sealed class LedgerStore : IDisposable
{
    /// <summary>Entities kept from one batch to the next.</summary>
    internal const int MostEntities = 20_000;

    private const string Overwrite = "PRAGMA secure_delete=ON;";
    private const string OverwriteWhatIsRead = "PRAGMA secure_delete=FAST;";

    private readonly SqliteConnection _connection;
    private readonly byte[] _sealingKey;
    private readonly Func<byte[]> _newKey;
    private readonly int _mostEntities;
    private readonly Dictionary<string, LedgerEntity> _entities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private long _lastEntity;

    /// <summary>
    /// Opens the file or makes it. <paramref name="sealingKey"/> encrypts entities' keys and stays the caller's;
    /// <paramref name="newKey"/> gives 32 random bytes.
    /// </summary>
    internal LedgerStore(SqliteFile file, byte[] sealingKey, Func<byte[]> newKey, int mostEntities = MostEntities)
    {
        file.Create();
        _sealingKey = sealingKey;
        _newKey = newKey;
        _mostEntities = mostEntities;
        _connection = file.Open();
        SqliteFile.Execute(_connection, Overwrite); // a destroyed key is
        SqliteFile.Execute(_connection, "PRAGMA wal_autocheckpoint=8000;"); // a batch is up to a thousand pages, and many of them are the last one's again
        SqliteFile.Execute(_connection, LedgerSchema.Tables);
        Head = LedgerSchema.ReadHead(_connection);
        LastBlock = LedgerSchema.ReadBlocks(_connection, "ORDER BY height DESC LIMIT 1").FirstOrDefault();
        _lastEntity = (long)Command("SELECT coalesce(max(id), 0) FROM entities").ExecuteScalar()!;
    }

    /// <summary>As last committed.</summary>
    internal LedgerHead Head { get; private set; }

    /// <summary>The newest published block.</summary>
    internal LedgerBlock? LastBlock { get; private set; }

    /// <summary>How many events are in the ledger.</summary>
    internal long CountSealed() => (long)Command("SELECT count(*) FROM sealed WHERE entity <> 0").ExecuteScalar()!;

    /// <summary>The entity, new when its first event comes. Its key is made anew when it was destroyed.</summary>
    internal LedgerEntity Entity(string persistenceId)
    {
        if (!_entities.TryGetValue(persistenceId, out var entity))
        {
            entity = LedgerSchema.FindEntity(Command(LedgerSchema.EntityByName), persistenceId, _sealingKey) ?? new LedgerEntity(++_lastEntity, persistenceId) { IsNew = true };
            _entities.Add(persistenceId, entity);
        }

        if (entity.Key is null)
        {
            var fresh = _newKey();
            entity.Key = new EntityKey(fresh, persistenceId);
            entity.SealedKey = SecretSeal.Seal(_sealingKey, fresh, Encoding.UTF8.GetBytes(persistenceId));
            CryptographicOperations.ZeroMemory(fresh);
        }

        return entity;
    }

    /// <summary>Commits a batch. An <see cref="InvalidDataException"/> when somebody else wrote meanwhile: two sealers would fork the log.</summary>
    internal void Commit(LedgerChange change)
    {
        SqliteFile.Transact(_connection, () =>
        {
            Fence(change.Head);
            foreach (var entity in change.Entities)
                Write(entity);
            foreach (var (index, entity, sequenceNr) in change.Sealed)
                Run("INSERT INTO sealed VALUES(@index, @entity, @seq)", (long)index, entity, (long)sequenceNr);
            foreach (var (task, entity, sequenceNr) in change.About)
                Run("INSERT OR IGNORE INTO about VALUES(@task, @entity, @seq)", task, entity, (long)sequenceNr);
            foreach (var entries in change.Entries.Chunk(PendingEntries.AtOnce))
                Run("INSERT INTO pending VALUES(@first, @count, @bytes)", (long)entries[0].Index, entries.Length, PendingEntries.Write(entries));
            DropPending(change.Head.Tiled - (change.Head.Tiled % Tile.FullWidth));
        });
        Head = change.Head;
        var destroys = change.Entities.Any(e => e.Destroy);
        foreach (var entity in change.Entities)
        {
            entity.IsNew = false;
            entity.Erase();
        }

        if (destroys)
            SqliteFile.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE);"); // nor is it left in the write-ahead log
        // Only between batches: one that is under way knows more of its entities than the tables do.
        if (_entities.Count > _mostEntities)
            Forget();
    }

    /// <summary>Entries from that one on whose files are not full, oldest first.</summary>
    internal IEnumerable<SealedEntry> Pending(ulong from) => LedgerSchema.ReadPending(_connection, from);

    /// <summary>Records a published checkpoint: a new block, or more signatures for the newest.</summary>
    internal void Publish(LedgerBlock block)
    {
        var isNew = block.Height != LastBlock?.Height;
        var head = Head with { HeaderDue = isNew || Head.HeaderDue };
        SqliteFile.Transact(_connection, () =>
        {
            Run(
                "INSERT OR REPLACE INTO blocks VALUES(@height, @size, @root, @hash, @previous, @events, @total, @note, @at)",
                (long)block.Height, (long)block.Size, block.Root.ToBytes(), block.Hash.ToBytes(), block.Previous.ToBytes(), (long)block.Events,
                (long)block.TotalEvents, block.Note, block.PublishedAt.ToUnixTimeMilliseconds());
            Fence(head);
        });
        Head = head;
        LastBlock = block;
    }

    public void Dispose()
    {
        Forget();
        foreach (var command in _commands.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private void Forget()
    {
        foreach (var entity in _entities.Values)
            entity.Key?.Dispose();
        _entities.Clear();
    }

    private void Fence(LedgerHead head)
    {
        var written = Run(
            """
            UPDATE head SET size = @size, frontier = @frontier, offset = @offset, origin = @origin, key = @key, tiled = @tiled, events = @events,
              header_due = @due WHERE size = @old
            """,
            (long)head.Size, head.Frontier.ToBytes(), head.Offset, head.Origin, head.Key, (long)head.Tiled, (long)head.Events, head.HeaderDue, (long)Head.Size);
        if (written != 1)
            throw new InvalidDataException("Somebody else has written to ledger.db: only one hub may have a data directory.");
    }

    private void Write(LedgerEntity e)
    {
        var (key, last, erased) = (e.Destroy ? null : e.SealedKey, e.Chain.Last.ToBytes(), e.Destroy ? (long)e.Chain.Sealed : e.Erased);
        if (e.IsNew)
            Run("INSERT INTO entities VALUES(@id, @pid, @key, @sealed, @last, @erased)", e.Id, e.PersistenceId, key, (long)e.Chain.Sealed, last, erased);
        else
            Run("UPDATE entities SET key = @key, sealed = @sealed, last = @last, erased = @erased WHERE id = @id", key, (long)e.Chain.Sealed, last, erased, e.Id);
    }

    // Large and public: overwriting what leaves would write all of it once more.
    private void DropPending(ulong full)
    {
        // Each time anew: SQLite sets this when it compiles the statement, not when it runs it.
        SqliteFile.Execute(_connection, OverwriteWhatIsRead);
        Run("DELETE FROM pending WHERE first + count <= @full", (long)full);
        SqliteFile.Execute(_connection, Overwrite);
    }

    private SqliteCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
            _commands.Add(sql, command = SqliteFile.Prepare(_connection, sql));
        return command;
    }

    private int Run(string sql, params ReadOnlySpan<object?> values)
    {
        var command = Command(sql);
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command.ExecuteNonQuery();
    }
}
