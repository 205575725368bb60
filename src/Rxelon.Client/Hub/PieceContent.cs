using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Rxelon.Client.Hub;

/// <summary>
/// The next bytes of a stream as a request body that is not closed behind it. A request that failed may still be sending for a moment:
/// <see cref="StopAsync"/> gives the stream back.
/// </summary>
internal sealed class PieceContent : HttpContent
{
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Stream _source;
    private readonly long _size;
    private bool _stopped;

    internal PieceContent(Stream source, long size)
    {
        _source = source;
        _size = size;
        Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        Headers.ContentLength = size;
    }

    /// <summary>When it returns, the stream is read no more.</summary>
    internal async Task StopAsync()
    {
        await _reading.WaitAsync().ConfigureAwait(false);
        _stopped = true;
        _reading.Release();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            for (var left = _size; left > 0;)
            {
                var read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length))).ConfigureAwait(false);
                await stream.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<int> ReadAsync(Memory<byte> buffer)
    {
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_stopped)
                throw new IOException("The request was given up.");
            return await _source.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read
                ? read
                : throw new InvalidOperationException("The ciphertext file became shorter while it was sent.");
        }
        finally
        {
            _reading.Release();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _size;
        return true;
    }
}
