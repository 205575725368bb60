using Microsoft.Data.Sqlite;

namespace Rxelon.Hub.Journal;

/// <summary>One row of the journal as stored. <see cref="Ordering"/> grows with each commit and is never reused.</summary>
internal sealed record JournalRow(long Ordering, string PersistenceId, long SequenceNr, string Manifest, byte[] Message)
{
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
        if (_read is null)
        {
            _read = connection.CreateCommand();
            _read.CommandText = """
                SELECT ordering, persistence_id, sequence_number, manifest, message, identifier FROM journal
                WHERE ordering > $after ORDER BY ordering LIMIT $limit
                """;
            _read.Parameters.Add("$after", SqliteType.Integer);
            _read.Parameters.Add("$limit", SqliteType.Integer);
        }

        _read.Parameters[0].Value = after;
        _read.Parameters[1].Value = limit;
        using var reader = _read.ExecuteReader();
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
                reader.GetString(3),
                reader.GetFieldValue<byte[]>(4)));
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _read?.Dispose();
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
