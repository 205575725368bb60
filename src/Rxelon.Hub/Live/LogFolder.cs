using System.Collections.Concurrent;
using System.Globalization;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>
/// The files of the logs: <c>TASK/PART-ATTEMPT.log</c>, records as <see cref="LogRecords"/> says, only ever appended to. Writing and erasing
/// is for one thread at a time; reading is for any.
/// </summary>
internal sealed class LogFolder(string path)
{
    /// <summary>Bytes of one attempt, framing included.</summary>
    internal const long MostOfAttempt = (1 << 20) + (1 << 18);

    /// <summary>Bytes of all attempts of a task.</summary>
    internal const long MostOfTask = 64 << 20;

    // What is known of files is found again by reading them.
    private const int MostKnown = 10_000;
    private const string Ending = ".log";

    private readonly Dictionary<AttemptId, (uint Next, long Length)> _known = [];
    private readonly Dictionary<TaskId, long> _sizes = [];

    // The readers' own: how far files were looked through. Files only grow behind that.
    private readonly ConcurrentDictionary<AttemptId, (uint Next, long Length)> _seen = new();

    /// <summary>Appends a chunk; false when it is a repeat or beyond the bounds.</summary>
    internal bool Append(AttemptId attempt, uint number, ReadOnlySpan<byte> chunk)
    {
        var file = FileOf(attempt);
        var (next, length) = Know(attempt, file);
        var record = LogRecords.Write(number, chunk);
        var together = _sizes.TryGetValue(attempt.Task, out var size) ? size : SizeOf(attempt.Task);
        if (number < next || length + record.Length > MostOfAttempt || together + record.Length > MostOfTask)
            return false;
        if (length == 0)
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        _known.Remove(attempt); // should the write break off, the file is looked at again
        using (var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
        {
            stream.SetLength(length); // a record that a crash cut short goes
            stream.Seek(0, SeekOrigin.End);
            stream.Write(record);
        }

        _known[attempt] = (number + 1, length + record.Length);
        _sizes[attempt.Task] = together + record.Length;
        return true;
    }

    internal IReadOnlyList<StoredLog> List(TaskId task)
    {
        var directory = new DirectoryInfo(Path.Combine(path, task.ToString()));
        if (!directory.Exists)
            return [];
        var logs = new List<StoredLog>();
        foreach (var file in directory.EnumerateFiles("*" + Ending))
        {
            if (NameOf(file.Name) is not var (part, attempt))
                continue;
            var (next, length) = Look(new AttemptId(task, part, attempt), file);
            if (length > 0)
                logs.Add(new StoredLog(part, attempt, length, next));
        }

        return [.. logs.OrderBy(l => l.Part).ThenBy(l => l.Attempt)];
    }

    internal byte[] Read(AttemptId attempt, uint from)
    {
        if (Bytes(FileOf(attempt), 0) is not { } bytes)
            return [];
        var (first, end) = (-1, 0);
        foreach (var record in LogRecords.Read(bytes))
        {
            if (first < 0 && record.Number >= from)
                first = record.Start;
            end = record.End;
        }

        return first < 0 ? [] : bytes[first..end];
    }

    internal void Erase(TaskId task)
    {
        _sizes.Remove(task);
        foreach (var attempt in _known.Keys.Where(a => a.Task == task).ToList())
            _known.Remove(attempt);
        foreach (var attempt in _seen.Keys.Where(a => a.Task == task))
            _seen.TryRemove(attempt, out _);
        var directory = Path.Combine(path, task.ToString());
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    internal IReadOnlyList<TaskId> Tasks()
    {
        var tasks = new List<TaskId>();
        foreach (var directory in new DirectoryInfo(path).EnumerateDirectories())
        {
            if (TaskId.TryParse(directory.Name, out var task))
                tasks.Add(task);
        }

        return tasks;
    }

    private (uint Next, long Length) Know(AttemptId attempt, string file)
    {
        if (_known.TryGetValue(attempt, out var known))
            return known;
        if (_known.Count >= MostKnown)
        {
            _known.Clear();
            _sizes.Clear();
        }

        return _known[attempt] = Scan(file, default);
    }

    private (uint Next, long Length) Look(AttemptId attempt, FileInfo file)
    {
        var seen = _seen.GetValueOrDefault(attempt);
        if (file.Length <= seen.Length)
            return file.Length == seen.Length ? seen : Scan(file.FullName, default);
        if (_seen.Count >= MostKnown)
            _seen.Clear();
        return _seen[attempt] = Scan(file.FullName, seen);
    }

    private long SizeOf(TaskId task)
    {
        var directory = new DirectoryInfo(Path.Combine(path, task.ToString()));
        return directory.Exists ? directory.EnumerateFiles().Sum(f => f.Length) : 0;
    }

    /// <summary>The file's whole records, behind those that are known already.</summary>
    private static (uint Next, long Length) Scan(string file, (uint Next, long Length) known)
    {
        var last = Bytes(file, known.Length) is { } bytes ? LogRecords.Read(bytes).LastOrDefault() : default;
        return last.End == 0 ? known : (last.Number + 1, known.Length + last.End);
    }

    private static byte[]? Bytes(string file, long from)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            stream.Seek(from, SeekOrigin.Begin);
            var bytes = new byte[Math.Clamp(stream.Length - from, 0, MostOfAttempt)];
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static (int Part, int Attempt)? NameOf(string name)
        => name[..^Ending.Length].Split('-') is [var part, var attempt] && Number(part) is { } p && Number(attempt) is { } a ? (p, a) : null;

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string FileOf(AttemptId attempt)
        => Path.Combine(path, attempt.Task.ToString(), string.Create(CultureInfo.InvariantCulture, $"{attempt.Part}-{attempt.Number}{Ending}"));
}
