using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Rxelon.Domain.Sealing;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>The tables of <c>ledger.db</c> and how their rows are read.</summary>
internal static class LedgerSchema
{
    /// <summary>
    /// <c>sealed</c>: entity 0 stands for entries about the log itself. <c>about</c>: which events of accounts are about a task. <c>pending</c>: up
    /// to 128 entries a row.
    /// </summary>
    internal const string Tables = """
        CREATE TABLE IF NOT EXISTS head(
          version INTEGER NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL, offset INTEGER NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL,
          tiled INTEGER NOT NULL, events INTEGER NOT NULL, header_due INTEGER NOT NULL);
        INSERT INTO head SELECT 1, 0, x'0000000000000000', 0, '', '', 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM head);
        CREATE TABLE IF NOT EXISTS entities(
          id INTEGER PRIMARY KEY, pid TEXT NOT NULL UNIQUE, key BLOB, sealed INTEGER NOT NULL, last BLOB NOT NULL, erased INTEGER);
        CREATE TABLE IF NOT EXISTS sealed(idx INTEGER PRIMARY KEY, entity INTEGER NOT NULL, seq INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS sealed_event ON sealed(entity, seq);
        CREATE TABLE IF NOT EXISTS about(
          task BLOB NOT NULL, entity INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(task, entity, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS pending(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS blocks(
          height INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, hash BLOB NOT NULL, previous BLOB NOT NULL, events INTEGER NOT NULL,
          total INTEGER NOT NULL, note TEXT NOT NULL, published INTEGER NOT NULL);
        """;

    internal const string EntityByName = "SELECT id, key, sealed, last, erased, pid FROM entities WHERE pid = $it";
    private const string EntityById = "SELECT id, key, sealed, last, erased, pid FROM entities WHERE id = $it";

    /// <summary>Columns id, key, sealed, last, erased, pid. A key that does not open is an <see cref="InvalidDataException"/>.</summary>
    private static LedgerEntity ReadEntity(SqliteDataReader row, byte[] sealingKey)
    {
        var persistenceId = row.GetString(5);
        _ = MerkleHash.TryRead(row.GetFieldValue<byte[]>(3), out var last);
        var entity = new LedgerEntity(row.GetInt64(0), persistenceId)
        {
            Chain = new EntityChain((ulong)row.GetInt64(2), last),
            Erased = row.IsDBNull(4) ? null : row.GetInt64(4),
        };
        if (row.IsDBNull(1))
            return entity;
        entity.SealedKey = row.GetFieldValue<byte[]>(1);
        var key = SecretSeal.Open(sealingKey, entity.SealedKey, Encoding.UTF8.GetBytes(persistenceId)) ?? throw new InvalidDataException(
            $"The master key does not open the ledger's key of {persistenceId}: it is another hub's key, or ledger.db is damaged.");
        entity.Key = new EntityKey(key, persistenceId);
        CryptographicOperations.ZeroMemory(key);
        return entity;
    }

    /// <summary>Where the log stands; <see cref="InvalidDataException"/> when the file does not say.</summary>
    internal static LedgerHead ReadHead(SqliteConnection connection)
    {
        using var command = SqliteFile.Prepare(connection, "SELECT frontier, offset, origin, key, tiled, events, header_due FROM head");
        using var row = command.ExecuteReader();
        return row.Read() && Frontier.Read(row.GetFieldValue<byte[]>(0)) is { IsOk: true, Value: var frontier }
            ? new LedgerHead(
                frontier, row.GetInt64(1), row.GetString(2), row.GetString(3), (ulong)row.GetInt64(4), (ulong)row.GetInt64(5), row.GetBoolean(6))
            : throw new InvalidDataException("ledger.db does not say where the log stands; restore it from your copy (docs/runbooks/ledger.md).");
    }

    /// <summary>Entries from that one on whose files are not full, oldest first.</summary>
    internal static IEnumerable<SealedEntry> ReadPending(SqliteConnection connection, ulong from)
    {
        using var command = SqliteFile.Prepare(connection, "SELECT bytes FROM pending WHERE first + count > $from ORDER BY first");
        command.Parameters[0].Value = (long)from;
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            foreach (var entry in PendingEntries.Read(row.GetFieldValue<byte[]>(0)).Where(e => e.Index >= from))
                yield return entry;
        }
    }

    /// <summary>The entity, or null.</summary>
    internal static LedgerEntity? FindEntity(SqliteConnection connection, string persistenceId, byte[] sealingKey)
    {
        using var find = SqliteFile.Prepare(connection, EntityByName);
        return FindEntity(find, persistenceId, sealingKey);
    }

    /// <summary>The entity with this number, or null.</summary>
    internal static LedgerEntity? FindEntity(SqliteConnection connection, long id, byte[] sealingKey)
    {
        using var find = SqliteFile.Prepare(connection, EntityById);
        return FindEntity(find, id, sealingKey);
    }

    /// <summary>The entity that a statement finds (<see cref="EntityByName"/>), or null.</summary>
    internal static LedgerEntity? FindEntity(SqliteCommand find, object value, byte[] sealingKey)
    {
        find.Parameters[0].Value = value;
        using var row = find.ExecuteReader();
        return row.Read() ? ReadEntity(row, sealingKey) : null;
    }

    /// <summary>Rows of persistence id, sequence number and index.</summary>
    internal static List<Place> ReadPlaces(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = SqliteFile.Prepare(connection, sql);
        foreach (var (name, value) in parameters)
            command.Parameters[name].Value = value;
        using var row = command.ExecuteReader();
        var places = new List<Place>();
        while (row.Read())
            places.Add(new Place(row.GetString(0), (ulong)row.GetInt64(1), (ulong)row.GetInt64(2)));
        return places;
    }

    /// <summary>Blocks by a constant clause behind the table's name, with its parameters.</summary>
    internal static List<LedgerBlock> ReadBlocks(SqliteConnection connection, string clause, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // callers pass constants
        command.CommandText = $"SELECT height, size, root, hash, previous, events, total, note, published FROM blocks {clause}";
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        using var row = command.ExecuteReader();
        var blocks = new List<LedgerBlock>();
        while (row.Read())
        {
            blocks.Add(new LedgerBlock(
                (ulong)row.GetInt64(0), (ulong)row.GetInt64(1), Hash(row, 2), Hash(row, 3), Hash(row, 4), (ulong)row.GetInt64(5), (ulong)row.GetInt64(6),
                row.GetString(7), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8))));
        }

        return blocks;
    }

    private static MerkleHash Hash(SqliteDataReader row, int column)
    {
        _ = MerkleHash.TryRead(row.GetFieldValue<byte[]>(column), out var hash);
        return hash;
    }
}

/// <summary>Which entry an event is.</summary>
internal readonly record struct Place(string Entity, ulong SequenceNr, ulong Index);
