using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace Rxelon.Client.Hub;

/// <summary>The next bytes of a stream as a request body that is not closed behind it.</summary>
internal sealed class PieceContent : HttpContent
{
    private readonly Stream _source;
    private readonly long _size;

    internal PieceContent(Stream source, long size)
    {
        _source = source;
        _size = size;
        Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        Headers.ContentLength = size;
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            for (var left = _size; left > 0;)
            {
                var read = await _source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length))).ConfigureAwait(false);
                if (read == 0)
                    throw new InvalidOperationException("The ciphertext file became shorter while it was sent.");
                await stream.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _size;
        return true;
    }
}
