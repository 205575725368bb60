using System.Text;

namespace Rxelon.Node.Executors.Archives;

/// <summary>Keeps the last bytes of a stream (<c>PartArchive.StderrTail</c> of them). One writer; then readers.</summary>
internal sealed class TailBuffer(int capacity)
{
    private byte[] _ring = [];
    private int _next;
    private bool _full;

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > capacity)
            bytes = bytes[^capacity..];
        if (bytes.IsEmpty)
            return;
        if (!_full && _next + bytes.Length > _ring.Length)
            Array.Resize(ref _ring, Math.Min(capacity, Math.Max(_next + bytes.Length, 2 * _ring.Length)));
        var first = Math.Min(bytes.Length, _ring.Length - _next);
        bytes[..first].CopyTo(_ring.AsSpan(_next));
        bytes[first..].CopyTo(_ring);
        _next += bytes.Length;
        if (_next < capacity)
            return;
        _full = true;
        _next -= capacity;
    }

    internal byte[] ToArray() => _full ? [.. _ring[_next..], .. _ring[.._next]] : _ring[.._next];

    /// <summary>The tail as text, for people; what is not UTF-8 is replaced.</summary>
    internal string ToText() => Encoding.UTF8.GetString(ToArray());
}
