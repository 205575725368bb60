using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Hub.Integrity;

/// <summary>
/// <c>operations.db</c> in the data directory: a row for each batch, as u16 length ‖ record, big-endian. The newest
/// <see cref="Kept"/> records of a node are kept; heads for ever. Losing the file loses what admins can read, and the comparison
/// falls back to the head in the journal.
/// </summary>
internal sealed class OperationRecords : IOperationRecords, IDisposable
{
    internal const int Kept = 20_000;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _readHead;
    private readonly SqliteCommand _writeHead;
    private readonly SqliteCommand _writeBatch;
    private readonly SqliteCommand _prune;
    private readonly SqliteCommand _readBatches;

    internal OperationRecords(SqliteFile file)
    {
        file.Create();
        _connection = file.Open();
        SqliteFile.Execute(_connection, """
            CREATE TABLE IF NOT EXISTS heads(
              node BLOB PRIMARY KEY, count INTEGER NOT NULL, hash BLOB NOT NULL, millis INTEGER NOT NULL, signature BLOB NOT NULL,
              at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS batches(
              id INTEGER PRIMARY KEY, node BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, records BLOB NOT NULL);
            CREATE INDEX IF NOT EXISTS batches_of_node ON batches(node, id);
            """);
        _readHead = SqliteFile.Prepare(_connection, "SELECT count, hash, millis, signature, at FROM heads WHERE node = $node");
        _writeHead = SqliteFile.Prepare(_connection, "INSERT OR REPLACE INTO heads VALUES($node, $count, $hash, $millis, $signature, $at)");
        _writeBatch = SqliteFile.Prepare(_connection, "INSERT INTO batches(node, first, last, records) VALUES($node, $first, $last, $records)");
        _prune = SqliteFile.Prepare(_connection, "DELETE FROM batches WHERE node = $node AND last <= $until");
        _readBatches = SqliteFile.Prepare(_connection, "SELECT first, records FROM batches WHERE node = $node ORDER BY id DESC");
    }

    /// <inheritdoc/>
    public KeptHead? HeadOf(NodeId node)
    {
        lock (_gate)
        {
            Fill(_readHead, node.ToBytes());
            using var r = _readHead.ExecuteReader();
            return !r.Read() ? null : new KeptHead(
                new OperationHead((ulong)r.GetInt64(0), r.GetFieldValue<byte[]>(1), r.GetInt64(2), r.GetFieldValue<byte[]>(3)), Records.Time(r.GetInt64(4)));
        }
    }

    /// <inheritdoc/>
    public void Append(NodeId node, ulong first, IReadOnlyList<byte[]> records, OperationHead head, DateTimeOffset at)
    {
        lock (_gate)
        {
            SqliteFile.Transact(_connection, () =>
            {
                Run(_writeBatch, node.ToBytes(), (long)first, (long)head.Count, Pack(records));
                Run(_prune, node.ToBytes(), (long)head.Count - Kept);
                Run(_writeHead, node.ToBytes(), (long)head.Count, head.Hash, head.UnixMillis, head.Signature, Records.Ticks(at));
            });
        }
    }

    /// <inheritdoc/>
    public void Restart(NodeId node, ulong count, byte[] hash, DateTimeOffset at)
    {
        lock (_gate)
            Run(_writeHead, node.ToBytes(), (long)count, hash, at.ToUnixTimeMilliseconds(), Array.Empty<byte>(), Records.Ticks(at));
    }

    /// <inheritdoc/>
    public IReadOnlyList<(ulong Number, byte[] Record)> Last(NodeId node, int count)
    {
        lock (_gate)
        {
            var found = new List<(ulong, byte[])>();
            Fill(_readBatches, node.ToBytes());
            using var r = _readBatches.ExecuteReader();
            while (found.Count < count && r.Read())
                found.InsertRange(0, Unpack((ulong)r.GetInt64(0), r.GetFieldValue<byte[]>(1)));
            return found.Count <= count ? found : found[^count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_readHead, _writeHead, _writeBatch, _prune, _readBatches])
            command.Dispose();
        _connection.Dispose();
    }

    private static byte[] Pack(IReadOnlyList<byte[]> records)
    {
        var bytes = new byte[records.Sum(r => 2 + r.Length)];
        var at = 0;
        foreach (var record in records)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), checked((ushort)record.Length));
            record.CopyTo(bytes.AsSpan(at + 2));
            at += 2 + record.Length;
        }

        return bytes;
    }

    private static List<(ulong Number, byte[] Record)> Unpack(ulong first, byte[] bytes)
    {
        var records = new List<(ulong, byte[])>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
            records.Add((first++, bytes[(at + 2)..(at + 2 + length)]));
            at += 2 + length;
        }

        return records;
    }

    private static void Fill(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Fill(command, values);
        command.ExecuteNonQuery();
    }
}
