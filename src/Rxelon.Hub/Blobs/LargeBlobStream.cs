using Microsoft.Win32.SafeHandles;
using Rxelon.Hub.Disk;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// A large blob's file, the next block of which is read on another thread while this one is sent. What is in memory is taken from there; the
/// rest comes past the page cache, or through it when the file is worth its place in memory. Two blocks of memory; not for concurrent use.
/// </summary>
internal sealed class LargeBlobStream : Stream
{
    private readonly SafeFileHandle _file;
    private readonly bool _keepInMemory;
    private readonly long _length;
    private AlignedBlock _sending = AlignedBlock.Rent();
    private AlignedBlock _reading = AlignedBlock.Rent();
    private Task<int>? _ahead;
    private long _aheadAt;
    private long _blockAt;
    private int _filled;
    private long _position;
    private bool _isDirect;
    private bool _isClosed;

    internal LargeBlobStream(string file, bool keepInMemory)
    {
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        _length = RandomAccess.GetLength(_file);
        _keepInMemory = keepInMemory;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override long Seek(long offset, SeekOrigin origin)
        => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => _length + offset };

    public override int Read(Span<byte> buffer)
    {
        if (!HoldsNext)
            LoadAsync().GetAwaiter().GetResult();
        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!HoldsNext)
            await LoadAsync().ConfigureAwait(false);
        return Take(buffer.Span);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (_ahead is not null)
            await ((Task)_ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            ((Task?)_ahead)?.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
            _file.Dispose();
            _sending.Dispose();
            _reading.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool HoldsNext => _position >= _length || (_position >= _blockAt && _position < _blockAt + _filled);

    private int Take(Span<byte> buffer)
    {
        if (_position >= _length)
            return 0;
        var from = (int)(_position - _blockAt);
        var taken = Math.Min(buffer.Length, _filled - from);
        if (taken <= 0 && buffer.Length > 0)
            throw new EndOfStreamException("A blob's file is shorter than it was.");
        _sending.Memory.Span.Slice(from, taken).CopyTo(buffer);
        _position += taken;
        return taken;
    }

    private async Task LoadAsync()
    {
        var at = _position - (_position % PageCache.Alignment);
        if (_ahead is { } ahead && _aheadAt != at)
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var filled = await (_aheadAt == at && _ahead is not null ? _ahead : ReadBlockAsync(at)).ConfigureAwait(false);
        (_sending, _reading) = (_reading, _sending);
        (_blockAt, _filled, _ahead) = (at, filled, null);
        if (at + filled >= _length)
            return;
        _aheadAt = at + filled;
        _ahead = ReadBlockAsync(_aheadAt);
    }

    private Task<int> ReadBlockAsync(long at)
    {
        var block = _reading;
        return Task.Run(() => ReadBlock(block, at));
    }

    private int ReadBlock(AlignedBlock block, long at)
    {
        var wanted = (int)Math.Min(AlignedBlock.Size, _length - at);
        var isDirect = !_keepInMemory && !PageCache.Holds(_file, at, wanted);
        if (isDirect != _isDirect)
            _isDirect = PageCache.TrySetDirect(_file, isDirect) ? isDirect : _isDirect;
        try
        {
            return ReadThrough(_isDirect ? block.Memory.Span : block.Memory.Span[..wanted], at);
        }
        catch (IOException e) when (_isDirect && e.HResult == PageCache.Invalid)
        {
            _isDirect = !PageCache.TrySetDirect(_file, false);
            return ReadThrough(block.Memory.Span[..wanted], at);
        }
    }

    // A direct read asks for a whole block and gets what there is.
    private int ReadThrough(Span<byte> into, long at)
    {
        var filled = 0;
        while (filled < Math.Min(into.Length, _length - at) && RandomAccess.Read(_file, into[filled..], at + filled) is > 0 and var read)
            filled += read;
        return filled;
    }
}
