using Microsoft.Data.Sqlite;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Blobs;

/// <summary>One commit of <see cref="BlobWriter"/>; used on its thread only.</summary>
internal sealed class BlobTransaction(SqliteConnection connection, SqliteTransaction transaction) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly List<(string From, string To)> _moves = [];
    private readonly List<string> _obsolete = [];
    private int _movesSaved;
    private int _obsoleteSaved;

    /// <summary>Files that nobody refers to once this is committed.</summary>
    internal IReadOnlyList<string> Obsolete => _obsolete;

    /// <summary>Marks the point that <see cref="Undo"/> goes back to.</summary>
    internal void Save()
    {
        Execute("SAVEPOINT job");
        (_movesSaved, _obsoleteSaved) = (_moves.Count, _obsolete.Count);
    }

    internal void Undo()
    {
        Execute("ROLLBACK TO job");
        MoveBack(_movesSaved);
        _obsolete.RemoveRange(_obsoleteSaved, _obsolete.Count - _obsoleteSaved);
    }

    internal void Commit() => transaction.Commit();

    /// <summary>Puts moved files back; the rollback comes with <see cref="Dispose"/>.</summary>
    internal void Abandon() => MoveBack(0);

    internal long Usage(AccountId owner) => Scalar("SELECT bytes FROM usage WHERE owner = $a", owner.ToBytes()) ?? 0;

    internal bool IsClaimed(AccountId owner, BlobId id)
        => Scalar("SELECT 1 FROM claims WHERE owner = $a AND id = $b", owner.ToBytes(), id.ToDigest()) is not null;

    internal void Claim(AccountId owner, BlobId id, long size)
        => Execute("INSERT OR IGNORE INTO claims(owner, id, size) VALUES($a, $b, $c)", owner.ToBytes(), id.ToDigest(), size);

    internal void AddSmall(BlobId id, byte[] content)
        => Execute("INSERT OR IGNORE INTO blobs(id, size, content) VALUES($a, $b, $c)", id.ToDigest(), (long)content.Length, content);

    /// <summary>Moves a complete, synced file to its place, unless the blob is there already.</summary>
    internal void AddLarge(BlobId id, long size, string file, string place)
    {
        if (Scalar("SELECT 1 FROM blobs WHERE id = $a", id.ToDigest()) is not null)
        {
            _obsolete.Add(file);
            return;
        }

        Execute("INSERT INTO blobs(id, size, content) VALUES($a, $b, NULL)", id.ToDigest(), size);
        File.Move(file, place, overwrite: true);
        _moves.Add((file, place));
        DirectorySync.Flush(Path.GetDirectoryName(place)!);
    }

    /// <summary>Drops one claim, and the blob's row with its last claim. True when large content elsewhere is to go with it.</summary>
    internal bool Release(AccountId owner, BlobId id)
    {
        var key = id.ToDigest();
        if (Execute("DELETE FROM claims WHERE owner = $a AND id = $b", owner.ToBytes(), key) == 0
            || Scalar("SELECT 1 FROM claims WHERE id = $a LIMIT 1", key) is not null)
            return false;
        var large = Scalar("SELECT content IS NULL FROM blobs WHERE id = $a", key) == 1;
        Execute("DELETE FROM blobs WHERE id = $a", key);
        return large;
    }

    /// <summary>The file goes once this is committed.</summary>
    internal void Discard(string file) => _obsolete.Add(file);

    /// <summary>A row for a blob whose bytes are an object.</summary>
    internal void AddObject(BlobId id, long size)
        => Execute("INSERT OR IGNORE INTO blobs(id, size, content) VALUES($a, $b, NULL)", id.ToDigest(), size);

    /// <summary>The object is to be deleted from then on (Unix seconds), unless a blob needs it.</summary>
    internal void Doom(string name, long due)
        => Execute("INSERT INTO doomed(object, due) VALUES($a, $b) ON CONFLICT(object) DO UPDATE SET due = excluded.due", name, due);

    internal void Spare(string name) => Execute("DELETE FROM doomed WHERE object = $a", name);

    internal List<BlobId> ClaimsOf(AccountId owner)
    {
        var ids = new List<BlobId>();
        using var rows = Command("SELECT id FROM claims WHERE owner = $a", owner.ToBytes()).ExecuteReader();
        while (rows.Read())
            ids.Add(BlobId.FromDigest((byte[])rows[0]));
        return ids;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        transaction.Dispose();
    }

    private void MoveBack(int downTo)
    {
        for (var i = _moves.Count - 1; i >= downTo; i--)
            File.Move(_moves[i].To, _moves[i].From, overwrite: true);
        _moves.RemoveRange(downTo, _moves.Count - downTo);
    }

    private int Execute(string sql, params ReadOnlySpan<object> values) => Command(sql, values).ExecuteNonQuery();

    private long? Scalar(string sql, params ReadOnlySpan<object> values) => Command(sql, values).ExecuteScalar() as long?;

    private SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.Transaction = transaction;
#pragma warning disable CA2100 // constant statements of this file
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${(char)('a' + i)}" });
            _commands[sql] = command;
        }

        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command;
    }
}
