using System.Threading.Channels;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>
/// The folder <c>logs/</c> of the data directory, behind a bounded queue with one writer. Not synced: a power cut may take the last
/// seconds. What cannot be written is dropped, and said in the hub's log once a minute at most.
/// </summary>
internal sealed class LogStore : ILogStore, IAsyncDisposable
{
    internal const string FolderName = "logs";
    private const int MostWaiting = 1_000;
    private static readonly TimeSpan BetweenComplaints = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LogFolder _folder;
    private readonly DiskReserve _reserve;
    private readonly Channel<Chunk> _queue = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Dictionary<TaskId, HashSet<LogWatch>> _watches = [];
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writing;
    private long? _complained;

    private LogStore(string path, DiskReserve reserve, TimeProvider time, ILogger log)
    {
        _reserve = reserve;
        _folder = new LogFolder(path);
        _time = time;
        _log = log;
        _writing = Task.Run(WriteAsync);
    }

    internal static LogStore Open(string dataDirectory, DiskReserve reserve, TimeProvider time, ILogger log)
        => new(Directory.CreateDirectory(Path.Combine(dataDirectory, FolderName)).FullName, reserve, time, log);

    /// <inheritdoc/>
    public bool Append(AttemptId attempt, uint number, ReadOnlyMemory<byte> chunk) => _queue.Writer.TryWrite(new Chunk(attempt, number, chunk));

    /// <inheritdoc/>
    public IReadOnlyList<StoredLog> List(TaskId task) => _folder.List(task);

    /// <inheritdoc/>
    public byte[] Read(AttemptId attempt, uint from) => _folder.Read(attempt, from);

    /// <inheritdoc/>
    public ILogWatch Watch(TaskId task)
    {
        var watch = new LogWatch(this, task);
        lock (_watches)
        {
            if (!_watches.TryGetValue(task, out var all))
                _watches.Add(task, all = []);
            all.Add(watch);
        }

        return watch;
    }

    /// <inheritdoc/>
    public void Erase(TaskId task)
    {
        lock (_gate)
            _folder.Erase(task);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TaskId> Tasks() => _folder.Tasks();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        await foreach (var chunk in _queue.Reader.ReadAllAsync())
        {
            if (!_reserve.Allows(chunk.Bytes.Length))
                continue; // the reserve says so in the hub's log
            try
            {
                bool written;
                lock (_gate)
                    written = _folder.Append(chunk.Attempt, chunk.Number, chunk.Bytes.Span);
                if (written)
                    Tell(chunk.Attempt.Task);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Complain(e);
            }
        }
    }

    private void Complain(Exception e)
    {
        if (_complained is { } last && _time.GetElapsedTime(last) < BetweenComplaints)
            return;
        _complained = _time.GetTimestamp();
        _log.LogError(e, "Logs of attempts cannot be written; what comes is dropped");
    }

    private void Tell(TaskId task)
    {
        lock (_watches)
        {
            foreach (var watch in _watches.GetValueOrDefault(task) ?? [])
                watch.Changed();
        }
    }

    private void Forget(LogWatch watch, TaskId task)
    {
        lock (_watches)
        {
            if (_watches.TryGetValue(task, out var all) && all.Remove(watch) && all.Count == 0)
                _watches.Remove(task);
        }
    }

    private sealed record Chunk(AttemptId Attempt, uint Number, ReadOnlyMemory<byte> Bytes);

    private sealed class LogWatch(LogStore store, TaskId task) : ILogWatch
    {
        private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public async Task ChangedAsync(CancellationToken cancel) => await _changes.Reader.ReadAsync(cancel);

        public void Dispose() => store.Forget(this, task);

        internal void Changed() => _changes.Writer.TryWrite(true);
    }
}
