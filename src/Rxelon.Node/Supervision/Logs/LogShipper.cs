using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Node.Executors.Archives;
using Rxelon.Shared.Crypto;

namespace Rxelon.Node.Supervision.Logs;

/// <summary>
/// Takes what a program writes, cuts it, seals it and sends it on (docs/design/logs.md). The program never waits for more than the sealing
/// of one chunk: what does not fit is counted, and the count stands in the log in its place. Plaintext is in memory only. Thread-safe;
/// chunks are sent in order.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="sealer">Disposed with this.</param>
/// <param name="every">How long written bytes may wait for others.</param>
/// <param name="send">Gets number and chunk; must return at once.</param>
internal sealed class LogShipper(TimeProvider time, LogSealer sealer, TimeSpan every, Action<uint, byte[]> send) : IDisposable
{
    /// <summary>Bytes that wait at most.</summary>
    internal const int Room = 256 * 1024;

    /// <summary>Bytes shipped as they come, each chunk's overhead included; then only the tail matters.</summary>
    internal const int Most = 1 << 20;

    /// <summary>Bytes of the end that are kept beyond that.</summary>
    internal const int Tail = 64 * 1024;

    private const int Cut = LogSealer.MaxPlain;
    private static readonly TimeSpan AtLeast = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private byte[] _held = [];
    private int _count;
    private long _left;
    private int _shipped;
    private TailBuffer? _tail;
    private long _tailed;
    private ITimer? _timer;
    private TimeSpan _armed = TimeSpan.MaxValue;
    private bool _closed;

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed || bytes.IsEmpty)
                return;
            if (_tail is not null)
            {
                _tail.Write(bytes);
                _tailed += bytes.Length;
                return;
            }

            if (_left > 0 && Room - _count >= Cut)
                SayLeft();
            var taken = _left > 0 ? 0 : Math.Min(bytes.Length, Room - _count);
            Hold(bytes[..taken]);
            _left += bytes.Length - taken;
            Arm();
        }
    }

    /// <summary>
    /// Ships what is left, the last chunk marked as such. Nothing at all when nothing was written, or when nothing was shipped yet and
    /// <paramref name="elsewhere"/> says that its owner gets the same bytes anyway.
    /// </summary>
    internal void Complete(bool elsewhere)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _timer?.Dispose();
            if (sealer.Next == 0 && (elsewhere || (_count == 0 && _left == 0)))
                return;
            if (_tail is not null)
            {
                var end = _tail.ToArray();
                _left = _tailed - end.Length;
                _count = 0;
                if (_left > 0)
                    SayLeft();
                Hold(end);
                CryptographicOperations.ZeroMemory(end);
            }
            else if (_left > 0)
            {
                SayLeft();
            }

            do
                Ship(Math.Min(_count, Cut), last: _count <= Cut);
            while (_count > 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _timer?.Dispose();
            CryptographicOperations.ZeroMemory(_held);
            sealer.Dispose();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _armed = TimeSpan.MaxValue;
            if (_closed || _count == 0)
                return;
            Ship(Math.Min(_count, Cut), last: false);
            if (_shipped >= Most)
                KeepTailOnly();
            else if (_count > 0)
                Arm();
        }
    }

    private void Arm()
    {
        var due = _count >= Cut && AtLeast < every ? AtLeast : every;
        if (due >= _armed)
            return;
        _armed = due;
        _timer ??= time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void KeepTailOnly()
    {
        _tail = new TailBuffer(Tail);
        _tail.Write(_held.AsSpan(0, _count));
        _tailed = _count + _left;
        CryptographicOperations.ZeroMemory(_held);
        _count = 0;
    }

    private void Ship(int size, bool last)
    {
        var number = sealer.Next;
        send(number, sealer.Seal(_held.AsSpan(0, size), last));
        _shipped += size + LogSealer.Overhead;
        _held.AsSpan(size, _count - size).CopyTo(_held);
        _count -= size;
        CryptographicOperations.ZeroMemory(_held.AsSpan(_count, size));
    }

    private void SayLeft()
    {
        Hold(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n… {_left} bytes left out\n")));
        _left = 0;
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _held.Length)
        {
            var larger = new byte[Math.Max(_count + bytes.Length, Math.Min(2 * _held.Length, Room))];
            _held.AsSpan(0, _count).CopyTo(larger);
            CryptographicOperations.ZeroMemory(_held);
            _held = larger;
        }

        bytes.CopyTo(_held.AsSpan(_count));
        _count += bytes.Length;
    }
}
