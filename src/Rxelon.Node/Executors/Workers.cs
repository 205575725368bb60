using System.Collections.Concurrent;

namespace Rxelon.Node.Executors;

/// <summary>
/// The threads that run programs, and no more of them: a program occupies its thread to the end, which would starve a shared
/// pool. Work waits in the order of arrival.
/// </summary>
internal sealed class Workers : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread[] _threads;

    internal Workers(string name, int threads)
    {
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Work, 8 << 20) { IsBackground = true, Name = $"{name}-{i}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Runs the work on one of the threads; what it throws comes out of the task.</summary>
    internal Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // Goes to whoever awaits the task.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Runs what mostly waits on a thread of its own.</summary>
    internal static Task<T> RunApartAsync<T>(Func<T> work)
        => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Waits for the running programs; the caller has cancelled them.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (var thread in _threads)
            thread.Join();
        _queue.Dispose();
    }

    private void Work()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
            work();
    }
}
