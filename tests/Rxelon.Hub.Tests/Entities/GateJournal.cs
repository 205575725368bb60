using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Rxelon.Hub.Tests.Entities;

/// <summary>An in-memory journal whose writes wait at a gate and can be made to fail or be refused.</summary>
public sealed class GateJournal : MemoryJournal
{
    private readonly Gate _gate = Gate.For(Context.System);

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        await _gate.PassAsync(writes.Sum(w => w.Size)).ConfigureAwait(false);
        return _gate.Mode switch
        {
            GateMode.Fail => throw new IOException("The disk is gone."),
            GateMode.Reject => [.. writes.Select(_ => (Exception?)new InvalidDataException("Not this."))],
            _ => await base.WriteMessagesAsync(writes, cancellationToken).ConfigureAwait(false),
        };
    }
}

public enum GateMode
{
    Write,
    Fail,
    Reject,
}

/// <summary>Per actor system: opens and closes its journal, and counts what passed.</summary>
public sealed class Gate : IExtension
{
    private volatile TaskCompletionSource _open = Done();

    public GateMode Mode { get; set; }

    /// <summary>Events of each write, in order.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<int> Writes { get; } = [];

    public static Gate For(ActorSystem system) => system.WithExtension<Gate, GateProvider>();

    public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    internal Task PassAsync(int events)
    {
        Writes.Enqueue(events);
        return _open.Task;
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private sealed class GateProvider : ExtensionIdProvider<Gate>
    {
        public override Gate CreateExtension(ExtendedActorSystem system) => new();
    }
}
