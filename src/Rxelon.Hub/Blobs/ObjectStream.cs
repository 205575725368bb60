namespace Rxelon.Hub.Blobs;

/// <summary>
/// A seekable stream over an object; a request is made where reading begins. What fails is a <see cref="BlobStoreException"/>.
/// </summary>
internal sealed class ObjectStream(IObjectStore objects, string name, long size) : Stream
{
    private Stream? _body;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position
    {
        get => _position;
        set
        {
            if (value != _position)
            {
                _body?.Dispose();
                _body = null;
            }

            _position = value;
        }
    }

    /// <summary>Makes the request now, so that a store that is away is known before an answer has begun.</summary>
    internal async Task PrepareAsync(CancellationToken cancel)
    {
        var body = await objects.ReadAsync(name, _position, cancel).ConfigureAwait(false);
        _body = body.IsOk ? body.Value : throw new BlobStoreException(body.Fault!);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= size)
            return 0;
        if (_body is null)
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
        var read = await _body!.ReadAsync(buffer[..(int)Math.Min(buffer.Length, size - _position)], cancellationToken).ConfigureAwait(false);
        _position += read;
        return read > 0 || buffer.IsEmpty ? read : throw new EndOfStreamException("The blob store's answer ended early.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override long Seek(long offset, SeekOrigin origin)
        => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => size + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body?.Dispose();
        base.Dispose(disposing);
    }
}
