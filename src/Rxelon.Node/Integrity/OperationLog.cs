using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Integrity;

/// <summary>Where a node writes what it does. Thread-safe, and cheap enough for every attempt.</summary>
internal interface IOperations
{
    void Add(OperationKind kind, string subject = "", string note = "");
}

/// <summary>For programs that belong to no network.</summary>
internal sealed class NoOperations : IOperations
{
    internal static NoOperations Instance { get; } = new();

    public void Add(OperationKind kind, string subject = "", string note = "")
    {
        // nobody is there to read it
    }
}

/// <summary>
/// The node's operation log: <c>operations.log</c> in the state directory, append-only, mode 0600 (docs/design/integrity.md). A
/// record is written at once and synced with the next signed head; only what is under a synced head is shipped, so that a power
/// cut never takes what the hub has acknowledged. Shipped records are read back from the file. What a full disk does not take waits in
/// memory, up to 10,000 records; beyond them <see cref="Add"/> throws, since a node does not go on doing what it cannot write down.
/// Thread-safe.
/// </summary>
internal sealed class OperationLog : IOperations, IDisposable
{
    private const int MaxRecords = 256;
    private const int CompactAbove = 8 << 20;
    private const int MostWaiting = 10_000;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly NodeId _node;
    private readonly SigningKeyPair _identity;
    private readonly TimeProvider _time;
    private readonly Queue<byte[]> _waiting = [];
    private FileStream _file;
    private OperationContent _content;
    private byte[] _hash;
    private ulong _count;

    private OperationLog(string path, NodeId node, SigningKeyPair identity, TimeProvider time, FileStream file, OperationContent content)
    {
        (_path, _node, _identity, _time, _file, _content) = (path, node, identity, time, file, content);
        (_hash, _count) = (content.Hash, content.Count);
    }

    /// <summary>Records so far.</summary>
    internal ulong Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>The first record that was altered, as far as this process has seen; 0 for none.</summary>
    internal ulong BrokenAt
    {
        get
        {
            lock (_gate)
                return _content.BrokenAt;
        }
    }

    /// <summary>Why the disk did not take what was written last; null when it did.</summary>
    internal string? Trouble { get; private set; }

    /// <summary>
    /// Opens the log. A torn last write is cut off. A file that was altered is set aside as <c>operations.log.broken-…</c>, and the log
    /// goes on after the last record that holds; the hub is told where it broke.
    /// </summary>
    internal static OperationLog Open(string stateDirectory, NodeId node, SigningKeyPair identity, TimeProvider time)
    {
        var path = Path.Combine(stateDirectory, "operations.log");
        var start = OperationChain.Start(node);
        var content = OperationFile.Parse(File.Exists(path) ? File.ReadAllBytes(path) : [], start);
        if (content.IsAltered)
        {
            File.Move(path, $"{path}.broken-{time.GetUtcNow().ToUnixTimeMilliseconds()}");
            PrivateFile.Write(path, [.. Anchored(content.Count, content.Hash), .. OperationFile.Entry(OperationFile.Broken, OperationFile.Number(content.BrokenAt), content.Hash)]);
            content = OperationFile.Parse(File.ReadAllBytes(path), start);
        }

        var file = OpenFile(path);
        file.SetLength(content.Length);
        file.Seek(0, SeekOrigin.End);
        return new OperationLog(path, node, identity, time, file, content);
    }

    /// <inheritdoc/>
    public void Add(OperationKind kind, string subject = "", string note = "")
    {
        var record = new OperationRecord(_time.GetUtcNow().ToUnixTimeMilliseconds(), kind, subject, note).Encode();
        lock (_gate)
        {
            if (_waiting.Count == MostWaiting)
                throw new IOException($"The operation log cannot be written for too long: {Trouble}");
            _waiting.Enqueue(record);
            WriteWaiting();
        }
    }

    /// <summary>Signs where the log stands, when something is new, and makes it durable. The newest head; null for an empty log.</summary>
    internal OperationHead? SignHead()
    {
        lock (_gate)
        {
            WriteWaiting();
            var newest = _content.Heads.Count > 0 ? _content.Heads[^1] : null;
            if (_count == 0 || newest?.Count == _count || _content.Records.Count == 0)
                return newest;
            var millis = _time.GetUtcNow().ToUnixTimeMilliseconds();
            var head = new OperationHead(_count, _hash, millis, _identity.Sign(IntegrityStatements.Log(_node, _count, _hash, millis)));
            if (!TryWrite(OperationFile.Entry(OperationFile.Head, OperationFile.HeadPayload(head), _hash), sync: true))
                return newest;
            _content.Heads.Add(head);
            return head;
        }
    }

    /// <summary>
    /// The records after <paramref name="count"/> up to a signed head, read from the file, so many that the hub takes them; null when there are
    /// none. Where the heads in the file are further apart one is signed in between: a busy node does more than that in a moment.
    /// </summary>
    internal (ulong First, IReadOnlyList<byte[]> Records, OperationHead Head)? Batch(ulong count)
    {
        lock (_gate)
        {
            var first = Math.Max(count, _content.From) + 1;
            var head = _content.Heads.LastOrDefault(h => h.Count >= first && h.Count < first + MaxRecords)
                ?? (_content.Heads.Exists(h => h.Count >= first) ? Signed(first + MaxRecords - 1) : null);
            if (head is null)
                return null;
            List<byte[]> records = [];
            for (var number = first; number <= head.Count; number++)
            {
                var (at, length) = _content.Records[(int)(number - _content.From - 1)];
                var record = new byte[length];
                RandomAccess.Read(_file.SafeFileHandle, record, at);
                records.Add(record);
            }

            return (first, records, head);
        }
    }

    // A head that is not in the file, over records that are: each is followed there by the chain after it.
    private OperationHead Signed(ulong count)
    {
        var (at, length) = _content.Records[(int)(count - _content.From - 1)];
        var hash = new byte[OperationFile.ChainSize];
        RandomAccess.Read(_file.SafeFileHandle, hash, at + length);
        var millis = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return new OperationHead(count, hash, millis, _identity.Sign(IntegrityStatements.Log(_node, count, hash, millis)));
    }

    /// <summary>Where the log stands; the chain at <paramref name="asked"/> is computed from the file's bytes, all of which are read.</summary>
    internal LogPosition Position(ulong asked)
    {
        byte[] bytes;
        lock (_gate)
        {
            if (asked == 0)
                return new LogPosition(_content.From, _count, _hash, _content.BrokenAt, 0, []);
            bytes = new byte[_file.Length];
            RandomAccess.Read(_file.SafeFileHandle, bytes, 0);
        }

        var seen = OperationFile.Parse(bytes, OperationChain.Start(_node));
        lock (_gate)
        {
            if (seen.IsAltered)
                (_content.IsAltered, _content.BrokenAt) = (true, seen.BrokenAt);
            return new LogPosition(seen.From, seen.Count, seen.Hash, _content.BrokenAt, asked, seen.HashAt(bytes, asked));
        }
    }

    /// <summary>
    /// The hub let this node in and holds the log up to <paramref name="count"/>: a break is forgiven, and what it holds need not be kept in
    /// a file that grew large.
    /// </summary>
    internal void Accepted(ulong count)
    {
        lock (_gate)
        {
            if ((_content.BrokenAt == 0 && _file.Length < CompactAbove) || count < _content.From || count > _count)
                return;
            var bytes = new byte[_file.Length];
            RandomAccess.Read(_file.SafeFileHandle, bytes, 0);
            if (_content.IsAltered)
                PrivateFile.Write($"{_path}.broken-{_time.GetUtcNow().ToUnixTimeMilliseconds()}", bytes);
            byte[] kept = [.. Anchored(count, _content.HashAt(bytes, count)), .. _content.After(bytes, count)];
            PrivateFile.Write(_path, kept); // a disk that is full throws here, and the file in use stays
            _file.Dispose();
            _content = OperationFile.Parse(kept, OperationChain.Start(_node));
            _file = OpenFile(_path);
            _file.Seek(0, SeekOrigin.End);
            (_hash, _count) = (_content.Hash, _content.Count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _file.Dispose();
    }

    private void WriteWaiting()
    {
        while (_waiting.TryPeek(out var record))
        {
            var next = OperationChain.Next(_hash, record);
            var at = _file.Position;
            if (!TryWrite(OperationFile.Entry(OperationFile.Record, record, next), sync: false))
                return;
            _content.Records.Add((at + 5, record.Length));
            (_hash, _count) = (next, _count + 1);
            _waiting.Dequeue();
        }
    }

    // A full disk takes a part of what is written: that is cut off again, or the next entry would stand behind a broken one.
    private bool TryWrite(byte[] entry, bool sync)
    {
        var at = _file.Position;
        try
        {
            _file.Write(entry);
            if (sync)
                _file.Flush(flushToDisk: true);
            Trouble = null;
            return true;
        }
        catch (IOException e)
        {
            _file.SetLength(at);
            _file.Position = at;
            Trouble = e.Message;
            return false;
        }
    }

    private static byte[] Anchored(ulong count, byte[] hash) => OperationFile.Entry(OperationFile.Anchor, OperationFile.Number(count), hash);

    // Unbuffered: what was added is with the system, whatever happens to this process.
    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
