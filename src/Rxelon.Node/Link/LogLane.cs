using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <summary>
/// Log chunks on their way to the hub: few at a time are unacknowledged, so that a slow line carries everything else first; the others
/// wait here, and those beyond the room are dropped. Owned by the link.
/// </summary>
internal sealed class LogLane
{
    internal const int OnTheWay = 8;
    internal const long Room = 8 << 20;

    private readonly Queue<ToHub> _waiting = new();
    private readonly Queue<ulong> _sent = new();
    private long _bytes;

    /// <summary>Takes a chunk; false when there is no room for it.</summary>
    internal bool Add(ToHub frame)
    {
        if (_bytes + frame.Log.Chunk.Length > Room)
            return false;
        _bytes += frame.Log.Chunk.Length;
        _waiting.Enqueue(frame);
        return true;
    }

    /// <summary>The next chunk to send, when another may be on the way.</summary>
    internal bool TryNext(out ToHub frame)
    {
        frame = null!;
        if (_sent.Count >= OnTheWay || !_waiting.TryDequeue(out var next))
            return false;
        _bytes -= next.Log.Chunk.Length;
        frame = next;
        return true;
    }

    /// <summary>It went out under this number.</summary>
    internal void Sent(ulong seq) => _sent.Enqueue(seq);

    /// <summary>The hub has everything up to this number.</summary>
    internal void Acknowledged(ulong ack)
    {
        while (_sent.TryPeek(out var seq) && seq <= ack)
            _sent.Dequeue();
    }

    /// <summary>A new session numbers what was not acknowledged anew.</summary>
    internal void Restarted(IEnumerable<(ulong Seq, ToHub Frame)> again)
    {
        _sent.Clear();
        foreach (var (seq, frame) in again)
        {
            if (frame.BodyCase == ToHub.BodyOneofCase.Log)
                _sent.Enqueue(seq);
        }
    }
}
