using Akka.Actor;
using Akka.Event;
using Microsoft.Data.Sqlite;

namespace Rxelon.Hub.Projections;

/// <summary>
/// Keeps the index a moment behind the journal. Reads and writes block, so it runs on a thread of its own
/// (dispatcher <c>rxelon.index-dispatcher</c>). Tells the system's event stream once, when it first caught up.
/// </summary>
internal sealed class IndexActor : UntypedActor, IWithTimers
{
    private const int RowsAtOnce = 2000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(2);

    private readonly Func<IndexStore> _open;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IndexStore? _store;
    private bool _caughtUp;

    public IndexActor(Func<IndexStore> open) => _open = open;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    /// <inheritdoc/>
    protected override void PreStart() => Self.Tell(Tick.Instance);

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason) => Timers.StartSingleTimer(nameof(Tick), Tick.Instance, AfterTrouble);

    /// <inheritdoc/>
    protected override void PostStop() => _store?.Dispose();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (message is not Tick)
        {
            Unhandled(message);
            return;
        }

        try
        {
            _store ??= _open();
            if (_store.Advance(RowsAtOnce) == RowsAtOnce)
            {
                Self.Tell(Tick.Instance);
                return;
            }

            if (!_caughtUp)
                Context.System.EventStream.Publish(IndexCaughtUp.Instance);
            _caughtUp = true;
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, Look);
        }
        catch (Exception trouble) when (trouble is SqliteException or InvalidDataException)
        {
            // A full disk, a locked file, a journal from the future: lists fall behind, the rest goes on.
            _log.Error(trouble, "The index cannot follow the journal; trying again in {Delay}", AfterTrouble);
            _store?.Dispose();
            _store = null;
            Timers.StartSingleTimer(nameof(Tick), Tick.Instance, AfterTrouble);
        }
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }
}

/// <summary>On the event stream, once per start: the index has everything that was in the journal at the start.</summary>
internal sealed class IndexCaughtUp : INoSerializationVerificationNeeded
{
    internal static readonly IndexCaughtUp Instance = new();
}
