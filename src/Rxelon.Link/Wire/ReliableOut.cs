namespace Rxelon.Link.Wire;

/// <summary>
/// The sending half of one side of a session: numbers frames from 1, keeps them until acknowledged, tells what to send again.
/// Owned by one actor. Times are <see cref="TimeProvider.GetTimestamp"/> values.
/// </summary>
/// <typeparam name="T">The frame; treated as immutable.</typeparam>
public sealed class ReliableOut<T>(TimeProvider time)
{
    private readonly Queue<Entry> _waiting = new();
    private ulong _last;

    /// <summary>Frames not acknowledged yet.</summary>
    public int Count => _waiting.Count;

    /// <summary>Takes the next number for a frame that is about to be sent.</summary>
    public ulong Add(T frame)
    {
        _waiting.Enqueue(new Entry(++_last, frame) { SentAt = time.GetTimestamp() });
        return _last;
    }

    /// <summary>The other side has everything up to <paramref name="seq"/>; false when that was never sent (a protocol violation).</summary>
    public bool Acknowledge(ulong seq)
    {
        if (seq > _last)
            return false;
        while (_waiting.TryPeek(out var first) && first.Seq <= seq)
            _waiting.Dequeue();
        return true;
    }

    /// <summary>
    /// Frames to send again, in order: all that wait, once the oldest is older than <paramref name="after"/>. They count as sent now.
    /// </summary>
    public IReadOnlyList<(ulong Seq, T Frame)> Due(TimeSpan after)
    {
        if (!_waiting.TryPeek(out var first) || time.GetElapsedTime(first.SentAt) < after)
            return [];
        var due = new List<(ulong, T)>(_waiting.Count);
        foreach (var entry in _waiting)
        {
            entry.SentAt = time.GetTimestamp();
            due.Add((entry.Seq, entry.Frame));
        }

        return due;
    }

    /// <summary>A new session: numbers start at 1 again, and what waits and passes the filter is numbered anew, in order.</summary>
    public IReadOnlyList<(ulong Seq, T Frame)> Restart(Func<T, bool> keep)
    {
        var kept = _waiting.Select(e => e.Frame).Where(keep).ToList();
        _waiting.Clear();
        _last = 0;
        return kept.ConvertAll(frame => (Add(frame), frame));
    }

    private sealed class Entry(ulong seq, T frame)
    {
        internal ulong Seq { get; } = seq;

        internal T Frame { get; } = frame;

        internal long SentAt { get; set; }
    }
}

/// <summary>The receiving half: takes each number once and in order, and knows what to acknowledge.</summary>
public sealed class ReliableIn
{
    /// <summary>The highest number received without a gap.</summary>
    public ulong Ack { get; private set; }

    /// <summary>True when that must still be told to the other side.</summary>
    public bool Owes { get; private set; }

    /// <summary>True when the frame is to be handled: it has no number, or it is the next one. Repeats and frames behind a gap are not.</summary>
    public bool Take(ulong seq)
    {
        if (seq == 0)
            return true;
        Owes = true;
        if (seq != Ack + 1)
            return false;
        Ack = seq;
        return true;
    }

    /// <summary>A frame that carries <see cref="Ack"/> is going out.</summary>
    public void Told() => Owes = false;

    /// <summary>A new session.</summary>
    public void Restart()
    {
        Ack = 0;
        Owes = false;
    }
}
