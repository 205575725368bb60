using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>
/// A witness's memory: which logs it knows and the last checkpoint of each, on disk before anything is answered. One process at a
/// time. A folder of guards, best on another disk, repeats each size after it was written: state that is older than its guard
/// was rolled back and is refused. When both were rolled back together, nobody here can tell.
/// </summary>
public sealed class WitnessStore : IDisposable
{
    private const int MaxFile = 64 * 1024;
    private const string LogsFolder = "logs";
    private const string LogFile = "log";

    private readonly string _folder;
    private readonly string _guards;
    private readonly FolderLock _lock;
    private readonly ConcurrentDictionary<string, WitnessedLog> _logs;

    private WitnessStore(string folder, string guards, FolderLock taken, WitnessKey key, IEnumerable<WitnessedLog> logs)
    {
        (_folder, _guards, _lock, Key) = (folder, guards, taken, key);
        _logs = new(logs.ToDictionary(l => l.Origin), StringComparer.Ordinal);
        Evidence = new Evidence(Path.Combine(folder, "evidence"));
    }

    /// <summary>Signs for the witness.</summary>
    public WitnessKey Key { get; }

    /// <summary>The logs, in no order.</summary>
    public IReadOnlyCollection<WitnessedLog> Logs => (IReadOnlyCollection<WitnessedLog>)_logs.Values;

    internal Evidence Evidence { get; }

    /// <summary>Makes the folder (0700) and the key. Faults: conflict when there is a witness already, malformed name.</summary>
    public static Outcome<WitnessKey> Create(string folder, string name)
    {
        ProfileStore.MakeDirectory(folder);
        return WitnessKey.Create(KeyFile(folder), name);
    }

    /// <summary>The key and the logs as they are on disk, for showing; another process may change them.</summary>
    public static Outcome<(NoteKey Key, IReadOnlyList<WitnessedLog> Logs)> Peek(string folder)
    {
        var key = WitnessKey.Load(KeyFile(folder));
        if (key.Fault is { } fault)
            return fault;
        using (key.Value)
        {
            var logs = Read(folder);
            return logs.Fault is { } damaged ? damaged : (key.Value.Public, logs.Value);
        }
    }

    /// <summary>
    /// Opens it for work. Faults: not-found, unauthorized, malformed; conflict while another process has it; ledger-rolled-back
    /// when a log's state is behind its guard.
    /// </summary>
    /// <param name="folder">The state.</param>
    /// <param name="guards">Where sizes are repeated; null: in the folder.</param>
    public static Outcome<WitnessStore> Open(string folder, string? guards = null)
    {
        var key = WitnessKey.Load(KeyFile(folder));
        if (key.Fault is { } missing)
            return missing;
        var taken = FolderLock.Take(folder);
        if (taken.Fault is { } busy)
            return busy;
        guards ??= Path.Combine(folder, "guard");
        var logs = Read(folder);
        if ((logs.Fault ?? RolledBack(logs.Value, guards)) is { } fault)
        {
            taken.Value.Dispose();
            key.Value.Dispose();
            return fault;
        }

        return new WitnessStore(folder, guards, taken.Value, key.Value, logs.Value);
    }

    /// <summary>
    /// A log to vouch for, or one more key of it. The origin is the key's name unless it is said. Faults: malformed for a key that
    /// is no log's, conflict for a log that was succeeded.
    /// </summary>
    public Fault? AddLog(NoteKey key, string? origin = null)
    {
        origin ??= key.Name;
        if (key.Type != NoteKeyType.Ed25519 || origin.Length == 0 || origin.Any(char.IsControl))
            return new Fault(FaultCodes.Malformed, "A log's key is of type 1, and its origin is a line of text.", Culprit.Input);
        var log = _logs.GetValueOrDefault(origin) ?? new WitnessedLog(origin);
        lock (log.Gate)
        {
            if (log.Successor is { } successor)
                return new Fault(FaultCodes.Conflict, $"{origin} has ended: {successor} succeeded it.", Culprit.Input);
            if (!log.Keys.Contains(key))
                log.Keys = [.. log.Keys, key];
            WriteLog(log);
        }

        _logs.TryAdd(origin, log);
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        Key.Dispose();
    }

    internal WitnessedLog? Find(string origin) => _logs.GetValueOrDefault(origin);

    internal WitnessedLog? FindById(string id) => _logs.Values.FirstOrDefault(l => l.Id == id);

    /// <summary>Puts the note on disk, and then its size into the guard. The caller holds the gate and has compared the size.</summary>
    internal void Advance(WitnessedLog log, SignedNote note, Checkpoint checkpoint)
    {
        DurableFile.Write(Path.Combine(FolderOf(_folder, log), LogReader.CheckpointPath), note.ToBytes());
        if (log.Last != checkpoint)
            DurableFile.Write(GuardOf(_guards, log), Encoding.UTF8.GetBytes(Guard(checkpoint)));
        (log.Note, log.Last) = (note, checkpoint);
    }

    /// <summary>Ends a log for its successor. The caller holds the gate.</summary>
    internal void End(WitnessedLog log, string successor, string entry)
    {
        (log.Successor, log.SuccessorEntry) = (successor, entry);
        WriteLog(log);
    }

    private void WriteLog(WitnessedLog log)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"origin {log.Origin}\n");
        foreach (var key in log.Keys)
            text.Append(CultureInfo.InvariantCulture, $"key {key}\n");
        if (log.Successor is not null)
            text.Append(CultureInfo.InvariantCulture, $"successor {log.SuccessorEntry} {log.Successor}\n");
        DurableFile.Write(Path.Combine(FolderOf(_folder, log), LogFile), Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static Outcome<IReadOnlyList<WitnessedLog>> Read(string folder)
    {
        var logs = new List<WitnessedLog>();
        var parent = Path.Combine(folder, LogsFolder);
        foreach (var place in Directory.Exists(parent) ? Directory.GetDirectories(parent).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            if (ReadLog(place) is not { } log)
                return new Fault(FaultCodes.Malformed, $"{place} is damaged; see docs/runbooks/witness.md.", Culprit.Input);
            logs.Add(log);
        }

        return logs;
    }

    private static WitnessedLog? ReadLog(string place)
    {
        var lines = Encoding.UTF8.GetString(DurableFile.Read(Path.Combine(place, LogFile), MaxFile) ?? []).Split('\n');
        if (!lines[0].StartsWith("origin ", StringComparison.Ordinal))
            return null;
        var log = new WitnessedLog(lines[0]["origin ".Length..]);
        var keys = new List<NoteKey>();
        foreach (var words in lines.Skip(1).Select(l => l.Split(' ', 3)))
        {
            switch (words)
            {
                case ["key", var text] when NoteKey.Parse(text) is { IsOk: true, Value: var key }:
                    keys.Add(key);
                    break;
                case ["successor", var entry, var successor]:
                    (log.Successor, log.SuccessorEntry) = (successor, entry);
                    break;
                case not [""]:
                    return null;
            }
        }

        log.Keys = keys;
        var file = Path.Combine(place, LogReader.CheckpointPath);
        if (!File.Exists(file))
            return log.Id == Path.GetFileName(place) ? log : null;
        if (SignedNote.Parse(DurableFile.Read(file, SignedNote.MaxBytes) ?? []) is not { IsOk: true, Value: var note }
            || Checkpoint.Parse(note.Text) is not { IsOk: true, Value: var last } || last.Origin != log.Origin)
            return null;
        (log.Note, log.Last) = (note, last);
        return log;
    }

    private static Fault? RolledBack(IEnumerable<WitnessedLog> logs, string guards)
    {
        foreach (var log in logs)
        {
            var words = Encoding.UTF8.GetString(DurableFile.Read(GuardOf(guards, log), MaxFile) ?? []).TrimEnd('\n').Split(' ');
            if (words.Length != 2 || !ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                continue;
            if (size > log.Size || (size == log.Size && words[1] != log.Last?.Root.ToString()))
                return new Fault(
                    FaultCodes.LedgerRolledBack,
                    string.Create(CultureInfo.InvariantCulture, $"The state of {log.Origin} is at {log.Size} entries and was at {size}: it was rolled back. A witness that forgets must not sign; see docs/runbooks/witness.md."),
                    Culprit.Input);
        }

        return null;
    }

    private static string KeyFile(string folder) => Path.Combine(folder, "witness.key");

    private static string FolderOf(string folder, WitnessedLog log) => Path.Combine(folder, LogsFolder, log.Id);

    private static string GuardOf(string guards, WitnessedLog log) => Path.Combine(guards, log.Id);

    private static string Guard(Checkpoint checkpoint) => string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Size} {checkpoint.Root}\n");
}
