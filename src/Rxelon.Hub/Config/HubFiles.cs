using Rxelon.Hub.Journal;

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
    }

    internal SqliteFile Journal { get; }

    internal SqliteFile Snapshots { get; }

    internal SqliteFile Index { get; }
}
