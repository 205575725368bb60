using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;

namespace Rxelon.Hub.Journal;

/// <summary>
/// One SQLite file of the data directory and how every connection to it must be set: write-ahead log (a property of the file),
/// full synchronisation (acknowledged means on disk) and a busy timeout (without it Microsoft.Data.Sqlite sleeps 150 ms whenever
/// the file is locked). Both are properties of the connection, so nobody opens one any other way.
/// </summary>
internal sealed class SqliteFile(string path)
{
    private const string EachConnection = "PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;";

    internal string Path { get; } = path;

    /// <summary>Makes the file if need be and switches it to the write-ahead log.</summary>
    internal void Create()
    {
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode=WAL;");
    }

    /// <summary>An own connection for reading and writing.</summary>
    internal SqliteConnection Open() => Open(SqliteOpenMode.ReadWriteCreate);

    /// <summary>Folds the write-ahead log into the file when nobody else has it open; without effect otherwise.</summary>
    internal void Fold()
    {
        if (!File.Exists(Path))
            return;
        using var connection = Open(SqliteOpenMode.ReadWrite, pooled: false);
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE);");
    }

    /// <summary>An own connection that cannot write.</summary>
    internal SqliteConnection OpenReadOnly() => Open(SqliteOpenMode.ReadOnly);

    /// <summary>As <see cref="OpenReadOnly"/>, but nobody gets the connection afterwards: other files may be attached to it.</summary>
    internal SqliteConnection OpenAlone() => Open(SqliteOpenMode.ReadOnly, pooled: false);

    /// <summary>For Akka.Persistence.Sql.</summary>
    internal DataOptions ForPersistence()
        => new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, ConnectionString(SqliteOpenMode.ReadWriteCreate))
            .UseInterceptor(new EachOpening());

    /// <summary>Runs statements that return nothing.</summary>
    internal static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constant statements only
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Does the work in one transaction that takes the write lock at once; what it throws rolls back.</summary>
    internal static void Transact(DbConnection connection, Action work)
    {
        Execute(connection, "BEGIN IMMEDIATE");
        try
        {
            work();
            Execute(connection, "COMMIT");
        }
        catch
        {
            Execute(connection, "ROLLBACK");
            throw;
        }
    }

    /// <summary>A statement whose parameters are those of its text (<c>$name</c> or <c>@name</c>), in order of appearance.</summary>
    internal static SqliteCommand Prepare(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // constant statements only
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (Match m in Regex.Matches(sql, @"[$@]\w+"))
            command.Parameters.Add(new SqliteParameter(m.Value, null));
        return command;
    }

    private SqliteConnection Open(SqliteOpenMode mode, bool pooled = true)
    {
        var connection = new SqliteConnection(ConnectionString(mode, pooled));
        connection.Open();
        Execute(connection, EachConnection);
        return connection;
    }

    private string ConnectionString(SqliteOpenMode mode, bool pooled = true)
        => new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = pooled }.ToString();

    private sealed class EachOpening : ConnectionInterceptor
    {
        // A pooled connection comes back with its handle and its settings: they are set once.
        private readonly ConditionalWeakTable<object, object> _set = [];

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            if (connection is SqliteConnection { Handle: { } handle } && _set.TryAdd(handle, handle))
                Execute(connection, EachConnection);
        }

        public override async Task ConnectionOpenedAsync(
            ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            // Microsoft.Data.Sqlite finishes "async" calls on the caller's thread; inside Akka.Persistence.Sql's fused write
            // stream that means one commit per event. Going back to the pool here lets the stream gather a batch meanwhile.
            await Task.Yield();
            ConnectionOpened(eventData, connection);
        }
    }
}
