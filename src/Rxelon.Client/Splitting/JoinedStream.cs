using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Splitting;

/// <summary>
/// Files one behind the other, each opened when its turn comes, the first of them from <paramref name="from"/> on. One that changed is
/// an <see cref="InputException"/>.
/// </summary>
internal sealed class JoinedStream(IReadOnlyList<InputFile> files, long from = 0) : ReadOnlyStream
{
    private int _next;
    private FileStream? _current;
    private long _read;

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            if (_current is null && !OpenNext())
                return 0;
            if (_current!.Read(buffer) is > 0 and var read)
                return Count(read);
            Leave();
        }
    }

    // An asynchronous read of a plain file is the same read on a borrowed thread; what may keep a reader waiting is a pipe.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => _current is null && !OpenNext() ? ValueTask.FromResult(0)
            : _current!.CanSeek ? ValueTask.FromResult(Read(buffer.Span))
            : ReadPipeAsync(_current, buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadPipeAsync(FileStream pipe, Memory<byte> buffer, CancellationToken cancel)
    {
        if (await pipe.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
            return Count(read);
        Leave();
        return await ReadAsync(buffer, cancel).ConfigureAwait(false);
    }

    private void Leave()
    {
        files[_next - 1].CheckEnd(_current!, _read);
        _current!.Dispose();
        _current = null;
    }

    private int Count(int read)
    {
        _read += read;
        return read;
    }

    private bool OpenNext()
    {
        if (_next == files.Count)
            return false;
        _current = files[_next++].Open(asStream: true);
        _read = _next == 1 ? from : 0;
        if (_read > 0)
            _current.Position = _read;
        return true;
    }
}
