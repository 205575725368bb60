namespace Rxelon.Client.Archives;

/// <summary>
/// Exactly so many bytes of a stream that may not know its length, presented with a length because tar entries need one. A
/// stream that ends early is an <see cref="EndOfStreamException"/> (the file changed); what is beyond is not read.
/// </summary>
internal sealed class SizedStream(Stream inner, long size) : Stream
{
    /// <summary>Whole segments of an encrypted part.</summary>
    private const int CopySize = 4 * Shared.Crypto.PartFormat.SegmentSize;

    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    // At the end the inner stream is not asked: a read of no bytes would look like its end.
    public override int Read(Span<byte> buffer) => _position == size ? 0 : Count(inner.Read(Clip(buffer)), buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => _position == size ? 0 : Count(
            await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, size - _position)], cancellationToken).ConfigureAwait(false), buffer.Length);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        => base.CopyToAsync(destination, (int)Math.Clamp(size - _position, 1, CopySize), cancellationToken);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private Span<byte> Clip(Span<byte> buffer) => buffer[..(int)Math.Min(buffer.Length, size - _position)];

    private int Count(int read, int asked)
    {
        if (read == 0 && asked > 0 && _position < size)
            throw new EndOfStreamException("An input file became shorter while it was read.");
        _position += read;
        return read;
    }
}
