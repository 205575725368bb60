using Microsoft.Data.Sqlite;

namespace Rxelon.Hub.Journal;

/// <summary>One row of the journal as stored. <see cref="Ordering"/> grows with each commit and is never reused.</summary>
internal sealed record JournalRow(
    long Ordering, string PersistenceId, long SequenceNr, long CreatedTicks, string Manifest, byte[] Message)
{
    /// <summary>When the row was written.</summary>
    internal DateTimeOffset Created => new(CreatedTicks, TimeSpan.Zero);

    /// <summary>The event.</summary>
    internal object Decode() => JournalSerializer.Codecs.Decode(Manifest, Message);
}

/// <summary>
/// Reads the journal behind Akka's back, in commit order, on a connection that cannot write. There is one writer that commits in
/// order, so nothing ever appears below an ordering that was read. Table and columns: Akka.Persistence.Sql, mapping "default".
/// </summary>
internal sealed class JournalTail(SqliteFile journal) : IDisposable
{
    private SqliteConnection? _connection;
    private SqliteCommand? _read;
    private SqliteCommand? _readEntity;

    /// <summary>The highest ordering, or 0 for an empty journal.</summary>
    internal long Last()
    {
        if (!Connect(out var connection))
            return 0;
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(ordering), 0) FROM journal";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Up to <paramref name="limit"/> rows above <paramref name="after"/>, oldest first.</summary>
    internal List<JournalRow> Read(long after, int limit)
    {
        var rows = new List<JournalRow>();
        if (!Connect(out var connection))
            return rows;
        _read ??= Prepare(connection, "WHERE ordering > $after ORDER BY ordering LIMIT $limit");
        _read.Parameters[0].Value = after;
        _read.Parameters[1].Value = limit;
        ReadRows(_read, rows);
        return rows;
    }

    /// <summary>Up to <paramref name="limit"/> rows of one entity from that event on, in their order.</summary>
    internal List<JournalRow> ReadEntity(string persistenceId, long from, int limit)
    {
        var rows = new List<JournalRow>();
        if (!Connect(out var connection))
            return rows;
        _readEntity ??= Prepare(connection, "WHERE persistence_id = $id AND sequence_number >= $from ORDER BY sequence_number LIMIT $limit");
        _readEntity.Parameters[0].Value = persistenceId;
        _readEntity.Parameters[1].Value = from;
        _readEntity.Parameters[2].Value = limit;
        ReadRows(_readEntity, rows);
        return rows;
    }

    /// <summary>How many rows there are up to that ordering.</summary>
    internal long Count(long upTo)
    {
        if (!Connect(out var connection))
            return 0;
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM journal WHERE ordering <= $upTo";
        command.Parameters.AddWithValue("$upTo", upTo);
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string where)
        => SqliteFile.Prepare(
            connection, $"SELECT ordering, persistence_id, sequence_number, manifest, message, identifier, created FROM journal {where}");

    private static void ReadRows(SqliteCommand read, List<JournalRow> rows)
    {
        using var reader = read.ExecuteReader();
        while (reader.Read())
        {
            if (reader.GetInt32(5) != JournalSerializer.Number)
            {
                throw new InvalidDataException(
                    $"Row {reader.GetInt64(0)} of the journal was written by serializer {reader.GetInt32(5)}, not by Rxelon's.");
            }

            rows.Add(new JournalRow(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.GetInt64(2),
                reader.GetInt64(6),
                reader.GetString(3),
                reader.GetFieldValue<byte[]>(4)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _read?.Dispose();
        _readEntity?.Dispose();
        _connection?.Dispose();
    }

    private bool Connect([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SqliteConnection? connection)
    {
        connection = _connection;
        if (connection is not null)
            return true;
        if (!File.Exists(journal.Path))
            return false;
        var opened = journal.OpenReadOnly();
        using var command = opened.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'journal'";
        if ((long)command.ExecuteScalar()! == 0)
        {
            opened.Dispose(); // Akka makes the table a moment after the start
            return false;
        }

        connection = _connection = opened;
        return true;
    }
}
