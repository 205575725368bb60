using Rxelon.Domain.Nodes;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Counts what a node did since the last record: one event per window, not per attempt.</summary>
internal sealed class SessionWindow(TimeProvider time)
{
    private DateTimeOffset _from;
    private long _begun = time.GetTimestamp();
    private long _busySince;
    private bool _busy;
    private TimeSpan _busyTime;

    internal int Accepted { get; set; }

    internal int Failed { get; set; }

    internal int Lost { get; set; }

    internal TimeSpan Age => time.GetElapsedTime(_begun);

    internal void Begin(DateTimeOffset now)
    {
        _from = now;
        _begun = _busySince = time.GetTimestamp();
        _busyTime = TimeSpan.Zero;
        Accepted = Failed = Lost = 0;
    }

    internal void Busy(bool busy)
    {
        Settle();
        _busy = busy;
    }

    /// <summary>The counts so far; the next window begins.</summary>
    internal NodeWindow Close(DateTimeOffset now)
    {
        Settle();
        var window = new NodeWindow(
            _from, now, (long)Age.TotalMilliseconds, Accepted, Failed, Lost, (long)_busyTime.TotalMilliseconds);
        Begin(now);
        return window;
    }

    private void Settle()
    {
        if (_busy)
            _busyTime += time.GetElapsedTime(_busySince);
        _busySince = time.GetTimestamp();
    }
}
