using System.Security.Cryptography;
using System.Threading.Channels;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Reads another stream some blocks ahead on a thread of its own, while the reader is busy with the block before: for what is worth a
/// processor of its own, such as decrypting a large part. The inner stream's end, or what it throws, comes after all bytes before it. The
/// inner stream is not closed, and is at rest after disposal. Memory is a few blocks, zeroed at the end.
/// </summary>
public sealed class ReadAhead : ReadOnlyStream
{
    private const int BlockSize = 4 * PartFormat.SegmentSize;
    private const int Blocks = 4;

    private readonly Channel<ArraySegment<byte>> _full = Channel.CreateBounded<ArraySegment<byte>>(Blocks);
    private readonly Channel<byte[]> _empty = Channel.CreateBounded<byte[]>(Blocks);
    private readonly List<byte[]> _all = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private ArraySegment<byte> _held = ArraySegment<byte>.Empty;
    private int _at;

    /// <summary>Begins to read at once.</summary>
    public ReadAhead(Stream inner)
    {
        for (var i = 0; i < Blocks; i++)
        {
            _all.Add(GC.AllocateUninitializedArray<byte>(BlockSize));
            _empty.Writer.TryWrite(_all[i]);
        }

        _reading = Task.Run(() => ReadInnerAsync(inner));
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_at == _held.Count)
        {
            GiveBack();
            if (!_full.Reader.TryRead(out _held) && !_full.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                return 0;
        }

        return TakeHeld(buffer);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_at == _held.Count)
        {
            GiveBack();
            if (!_full.Reader.TryRead(out _held) && !await _full.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                return 0;
        }

        return TakeHeld(buffer.Span);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _all.ForEach(block => CryptographicOperations.ZeroMemory(block));
        _stop.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private int TakeHeld(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _held.Count - _at);
        _held.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    private void GiveBack()
    {
        if (_held.Count > 0)
            _empty.Writer.TryWrite(_held.Array!);
        _held = ArraySegment<byte>.Empty;
        _at = 0;
    }

    private async Task ReadInnerAsync(Stream inner)
    {
        Exception? error = null;
        try
        {
            while (true)
            {
                var block = await _empty.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);

                // Whole blocks, so that the inner stream decrypts straight into them.
                var read = await inner.ReadAtLeastAsync(block, BlockSize, throwOnEndOfStream: false, _stop.Token).ConfigureAwait(false);
                if (read == 0)
                    break;
                _full.Writer.TryWrite(new ArraySegment<byte>(block, 0, read));
            }
        }
#pragma warning disable CA1031 // whatever it is, the reader gets it
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }

        _full.Writer.TryComplete(error);
    }
}
