using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// <c>blobs.db</c>: small blobs with their content, large ones by length only, and who stored what. One connection writes
/// (<see cref="BlobWriter"/>); any number read.
/// </summary>
internal sealed class BlobDatabase : IDisposable
{
    // Claims carry the size so that quotas need no join; the triggers keep the sums in the same transaction.
    private const string Schema = """
        PRAGMA journal_mode=WAL;
        CREATE TABLE IF NOT EXISTS blobs(id BLOB PRIMARY KEY, size INTEGER NOT NULL, content BLOB);
        CREATE TABLE IF NOT EXISTS claims(
            owner BLOB NOT NULL, id BLOB NOT NULL, size INTEGER NOT NULL, PRIMARY KEY(owner, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS claims_by_id ON claims(id);
        CREATE TABLE IF NOT EXISTS doomed(object TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS usage(owner BLOB PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER IF NOT EXISTS claim_added AFTER INSERT ON claims BEGIN
            INSERT INTO usage(owner, bytes) VALUES(new.owner, new.size)
                ON CONFLICT(owner) DO UPDATE SET bytes = bytes + excluded.bytes;
        END;
        CREATE TRIGGER IF NOT EXISTS claim_dropped AFTER DELETE ON claims BEGIN
            UPDATE usage SET bytes = bytes - old.size WHERE owner = old.owner;
            DELETE FROM usage WHERE owner = old.owner AND bytes <= 0;
        END;
        """;

    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly string _path;

    internal BlobDatabase(string path)
    {
        _path = path;
        using var connection = OpenConnection(SqliteOpenMode.ReadWriteCreate);
        using var command = connection.CreateCommand();
        command.CommandText = Schema;
        command.ExecuteNonQuery();
    }

    /// <summary>The writer's connection. Deleted content is overwritten: erasing means gone.</summary>
    internal SqliteConnection OpenWriter()
    {
        var connection = OpenConnection(SqliteOpenMode.ReadWrite);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Row of each blob that is stored; its content too when it is small and asked for.</summary>
    internal Dictionary<BlobId, (long Size, byte[]? Content)> Find(IEnumerable<BlobId> ids, bool withContent)
        => Read(withContent ? "SELECT size, content FROM blobs WHERE id = $id" : "SELECT size, NULL FROM blobs WHERE id = $id", null, ids);

    /// <summary>Sizes of those blobs that the owner claims.</summary>
    internal Dictionary<BlobId, (long Size, byte[]? Content)> FindClaims(AccountId owner, IEnumerable<BlobId> ids)
        => Read("SELECT size, NULL FROM claims WHERE owner = $owner AND id = $id", owner, ids);

    /// <summary>Bytes the owner claims.</summary>
    internal long Usage(AccountId owner)
    {
        var connection = Take();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT bytes FROM usage WHERE owner = $owner";
        command.Parameters.AddWithValue("$owner", owner.ToBytes());
        var bytes = command.ExecuteScalar() as long? ?? 0;
        _readers.Add(connection);
        return bytes;
    }

    /// <summary>Objects that are to be deleted by now (Unix seconds), at most so many.</summary>
    internal List<string> Doomed(long now, int most)
    {
        var names = new List<string>();
        var connection = Take();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT object FROM doomed WHERE due <= $now ORDER BY due LIMIT $most";
            command.Parameters.AddWithValue("$now", now);
            command.Parameters.AddWithValue("$most", most);
            using var rows = command.ExecuteReader();
            while (rows.Read())
                names.Add(rows.GetString(0));
        }

        _readers.Add(connection);
        return names;
    }

    public void Dispose()
    {
        while (_readers.TryTake(out var connection))
            connection.Dispose();
    }

    private Dictionary<BlobId, (long Size, byte[]? Content)> Read(string sql, AccountId? owner, IEnumerable<BlobId> ids)
    {
        var found = new Dictionary<BlobId, (long, byte[]?)>();
        var connection = Take();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constant statements of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        if (owner is { } account)
            command.Parameters.AddWithValue("$owner", account.ToBytes());
        var key = command.Parameters.Add("$id", SqliteType.Blob);
        foreach (var id in ids)
        {
            key.Value = id.ToDigest();
            using var row = command.ExecuteReader();
            if (row.Read())
                found[id] = (row.GetInt64(0), row.IsDBNull(1) ? null : (byte[])row[1]);
        }

        _readers.Add(connection);
        return found;
    }

    private SqliteConnection Take() => _readers.TryTake(out var idle) ? idle : OpenConnection(SqliteOpenMode.ReadWrite);

    private SqliteConnection OpenConnection(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = _path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        // Without it Microsoft.Data.Sqlite sleeps 150 ms whenever the file is locked.
        command.CommandText = "PRAGMA busy_timeout=5000;";
        command.ExecuteNonQuery();
        return connection;
    }
}
