using System.Globalization;
using System.Security.Cryptography;
using Rxelon.Hub.Journal;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// <c>rxelon-hub ledger succeed</c>: ends a log that cannot be continued and begins another with a name and key of its own, whose first
/// entry holds the last checkpoint of the old one (docs/runbooks/ledger.md). The journal's events are all sealed again, into the new log.
/// </summary>
internal static class Succession
{
    /// <summary>
    /// Begins the successor in this data directory, whose hub is stopped. Files of an old log are kept aside. Returns the new key and where the
    /// old files are (null when there were none). A checkpoint that the old key did not sign is an <see cref="InvalidDataException"/>.
    /// </summary>
    internal static (string Key, string? Aside) Begin(
        string dataDirectory, byte[] sealingKey, string? origin, byte[] lastCheckpoint, NoteKey oldKey, TimeProvider time)
    {
        var note = SignedNote.Parse(lastCheckpoint);
        if (note.Fault is { } noNote)
            throw new InvalidDataException($"The old log's checkpoint is no signed note: {noNote.Message}");
        if (note.Value.Verify([oldKey]).Fault is { } unsigned)
            throw new InvalidDataException($"The old log's checkpoint is not by {oldKey}: {unsigned.Message}");
        if (Checkpoint.Parse(note.Value.Text).Fault is { } noCheckpoint)
            throw new InvalidDataException($"The old log's checkpoint cannot be read: {noCheckpoint.Message}");
        var name = origin ?? NextName(oldKey.Name);
        if (name == oldKey.Name)
            throw new InvalidDataException($"A successor has a name of its own; {name} is the old log's.");
        var aside = MoveAside(dataDirectory);
        using var keys = LogKeys.Open(dataDirectory, [.. sealingKey], _ => name);
        using var sealer = new Sealer(
            new SqliteFile(Path.Combine(dataDirectory, "journal.db")), new SqliteFile(Path.Combine(dataDirectory, SealingServices.DatabaseName)),
            Path.Combine(dataDirectory, SealingServices.FolderName), keys, sealingKey, time, replicas: true, () => RandomNumberGenerator.GetBytes(EntityKey.Size));
        sealer.Begin(lastCheckpoint);
        return (keys.Current.Verifier.ToString(), aside);
    }

    /// <summary>hub.example/ledger → hub.example/ledger-2 → hub.example/ledger-3.</summary>
    internal static string NextName(string name)
    {
        var dash = name.LastIndexOf('-');
        return dash > 0 && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1
            ? string.Create(CultureInfo.InvariantCulture, $"{name.AsSpan(0, dash)}-{number + 1}")
            : name + "-2";
    }

    private static string? MoveAside(string dataDirectory)
    {
        string[] names = [SealingServices.DatabaseName, SealingServices.DatabaseName + "-wal", SealingServices.DatabaseName + "-shm", LogKeys.FileName, SealingServices.FolderName];
        var present = names.Select(n => Path.Combine(dataDirectory, n)).Where(p => File.Exists(p) || System.IO.Directory.Exists(p)).ToList();
        if (present.Count == 0)
            return null;
        var aside = Enumerable.Range(1, int.MaxValue).Select(n => Path.Combine(dataDirectory, string.Create(CultureInfo.InvariantCulture, $"ledger-ended-{n}")))
            .First(p => !System.IO.Directory.Exists(p));
        System.IO.Directory.CreateDirectory(aside);
        foreach (var path in present)
            System.IO.Directory.Move(path, Path.Combine(aside, Path.GetFileName(path)));
        return aside;
    }
}
