using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Splitting;

/// <summary>Files one behind the other, each opened when its turn comes. One that changed is an <see cref="InputException"/>.</summary>
internal sealed class JoinedStream(IReadOnlyList<InputFile> files) : ReadOnlyStream
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
            {
                _read += read;
                return read;
            }

            files[_next - 1].CheckEnd(_current, _read);
            _current.Dispose();
            _current = null;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; ; )
        {
            if (_current is null && !OpenNext())
                return 0;
            if (await _current!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                _read += read;
                return read;
            }

            files[_next - 1].CheckEnd(_current, _read);
            await _current.DisposeAsync().ConfigureAwait(false);
            _current = null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    private bool OpenNext()
    {
        if (_next == files.Count)
            return false;
        _current = files[_next++].Open(asStream: true);
        _read = 0;
        return true;
    }
}
