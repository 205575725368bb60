using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Live;

/// <summary>
/// What attempts wrote, as it comes: chunks of ciphertext that only the task's owner can open (docs/design/logs.md). Thread-safe.
/// </summary>
public interface ILogStore
{
    /// <summary>
    /// Takes a chunk to be written; never waits. False when it is dropped, because too much waits already. Chunks come in growing
    /// numbers; what is not above the last one is a repeat and ignored. What is beyond the bounds of an attempt or a task is dropped.
    /// </summary>
    bool Append(AttemptId attempt, uint number, ReadOnlyMemory<byte> chunk);

    /// <summary>The attempts of a task that have logs, by part and attempt.</summary>
    IReadOnlyList<StoredLog> List(TaskId task);

    /// <summary>The records from chunk <paramref name="from"/> on, as <see cref="LogRecords"/> says; empty when there are none.</summary>
    byte[] Read(AttemptId attempt, uint from);

    /// <summary>Tells of every chunk that is written for the task, until disposed of.</summary>
    ILogWatch Watch(TaskId task);

    /// <summary>Removes all logs of a task; harmless to repeat.</summary>
    void Erase(TaskId task);

    /// <summary>The tasks that have logs.</summary>
    IReadOnlyList<TaskId> Tasks();
}

/// <summary>One attempt's log: bytes of ciphertext with their framing, and the number that its next chunk has.</summary>
public readonly record struct StoredLog(int Part, int Attempt, long Bytes, uint Next);

/// <summary>See <see cref="ILogStore.Watch"/>.</summary>
public interface ILogWatch : IDisposable
{
    /// <summary>Completes when something was written since the last call, or since watching began.</summary>
    Task ChangedAsync(CancellationToken cancel);
}
