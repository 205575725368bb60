using Rxelon.Hub.Journal;
using Rxelon.Hub.Sealing;

namespace Rxelon.Hub.Config;

/// <summary>
/// The databases in the data directory, each in a file of its own because each has one writer: the journal is the record,
/// snapshots and the index can be deleted while the hub is stopped.
/// </summary>
internal sealed class HubFiles
{
    internal HubFiles(string dataDirectory)
    {
        if (!Directory.Exists(dataDirectory))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(dataDirectory);
            else
                Directory.CreateDirectory(dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Journal = new SqliteFile(Path.Combine(dataDirectory, "journal.db"));
        Snapshots = new SqliteFile(Path.Combine(dataDirectory, "snapshots.db"));
        Index = new SqliteFile(Path.Combine(dataDirectory, "index.db"));
        Operations = new SqliteFile(Path.Combine(dataDirectory, "operations.db"));
        Ledger = new SqliteFile(Path.Combine(dataDirectory, SealingServices.DatabaseName));
    }

    internal SqliteFile Ledger { get; }

    /// <summary>Folds every write-ahead log into its database, which only the last connection that may write does by itself.</summary>
    internal void FoldAll()
    {
        foreach (var file in (SqliteFile[])[Journal, Snapshots, Index, Ledger, Operations])
            file.Fold();
    }

    internal SqliteFile Journal { get; }

    internal SqliteFile Snapshots { get; }

    internal SqliteFile Index { get; }

    /// <summary>What nodes' operation logs said.</summary>
    internal SqliteFile Operations { get; }
}
