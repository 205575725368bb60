using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Rxelon.Client.Hub;

/// <summary>
/// The next bytes of a stream as a request body that is not closed behind it. Once <see cref="StopAsync"/> returned, which is to be called
/// when the exchange is over however it ended, nobody reads the stream any more.
/// </summary>
internal sealed class PieceContent : HttpContent
{
    private const int CopyBytes = 128 * 1024;
    private const long TellEvery = 1 << 20;

    private readonly Stream _source;
    private readonly long _size;
    private readonly Action<long> _moved;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private bool _isReading;
    private bool _isStopped;

    /// <param name="source">Stands where the piece begins.</param>
    /// <param name="size">Bytes of the piece.</param>
    /// <param name="moved">Hears, now and then, how many bytes of the piece went out.</param>
    internal PieceContent(Stream source, long size, Action<long> moved)
    {
        _source = source;
        _size = size;
        _moved = moved;
        Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        Headers.ContentLength = size;
    }

    /// <summary>An exchange that failed may still be copying, or even about to begin.</summary>
    internal Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            return _isReading ? _ended.Task : Task.CompletedTask;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isStopped)
                throw new IOException("The exchange is over.");
            _isReading = true;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            long told = 0;
            for (long copied = 0; copied < _size && !Volatile.Read(ref _isStopped);)
            {
                var read = await _source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(_size - copied, CopyBytes)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new InvalidOperationException("The ciphertext file became shorter while it was sent.");
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                copied += read;
                if (copied - told < TellEvery || copied == _size)
                    continue;
                told = copied;
                _moved(copied);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _ended.TrySetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _size;
        return true;
    }
}
