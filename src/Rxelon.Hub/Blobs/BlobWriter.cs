using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// The one writer of <c>blobs.db</c>. Jobs that arrive while a commit is under way share the next one; nobody is answered before
/// the commit. A job that throws undoes only itself. Renames and deletions of blob files happen on this thread too, so that
/// a blob's last release can never meet its next storing.
/// </summary>
internal sealed class BlobWriter : IAsyncDisposable
{
    private const int MaxJobsPerCommit = 512;

    private readonly Channel<IJob> _jobs = Channel.CreateBounded<IJob>(4096);
    private readonly SqliteConnection _connection;
    private readonly ILogger _log;
    private readonly Task _loop;

    internal BlobWriter(BlobDatabase database, ILogger log)
    {
        _connection = database.OpenWriter();
        _log = log;
        _loop = Task.Factory.StartNew(LoopAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    private interface IJob
    {
        void Run(BlobTransaction transaction);

        void Committed();

        void Failed(Exception e);
    }

    /// <summary>Runs the work in the next commit; a full disk is a fault.</summary>
    internal async Task<Outcome<T>> WriteAsync<T>(Func<BlobTransaction, Outcome<T>> work, CancellationToken cancel)
    {
        var job = new Job<T>(work);
        await _jobs.Writer.WriteAsync(job, cancel).ConfigureAwait(false);
        return await job.Done.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task LoopAsync()
    {
        var batch = new List<IJob>();
        while (await _jobs.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MaxJobsPerCommit && _jobs.Reader.TryRead(out var job))
                batch.Add(job);
            Commit(batch);
        }
    }

    private void Commit(List<IJob> batch)
    {
        BlobTransaction? transaction = null;
        try
        {
            transaction = new BlobTransaction(_connection, _connection.BeginTransaction(deferred: false));
            foreach (var job in batch)
                job.Run(transaction);
            transaction.Commit();
        }
#pragma warning disable CA1031 // whatever it is, it is passed on to whoever waits
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!DiskFull.Is(e))
                _log.LogError(e, "A batch of {Count} blob jobs could not be committed", batch.Count);
            transaction?.Abandon();
            batch.ForEach(job => job.Failed(e));
            return;
        }
        finally
        {
            transaction?.Dispose();
        }

        batch.ForEach(job => job.Committed());
        foreach (var file in transaction.Obsolete)
            File.Delete(file);
    }

    private sealed class Job<T>(Func<BlobTransaction, Outcome<T>> work) : IJob
    {
        private readonly TaskCompletionSource<Outcome<T>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Outcome<T> _result;
        private Exception? _error;

        internal Task<Outcome<T>> Done => _done.Task;

        public void Run(BlobTransaction transaction)
        {
            transaction.Save();
            try
            {
                _result = work(transaction);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _error = e;
            }

            if (_error is not null || !_result.IsOk)
                transaction.Undo();
        }

        public void Committed()
        {
            if (_error is null)
                _done.SetResult(_result);
            else
                Failed(_error);
        }

        public void Failed(Exception e)
        {
            if (DiskFull.Is(e))
                _done.SetResult(DiskFull.Fault);
            else
                _done.SetException(e);
        }
    }
}
