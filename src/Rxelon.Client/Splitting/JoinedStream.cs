using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Splitting;

/// <summary>Files one behind the other, each opened when its turn comes.</summary>
internal sealed class JoinedStream(IReadOnlyList<InputFile> files) : ReadOnlyStream
{
    private int _next;
    private FileStream? _current;

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        for (; ; )
        {
            if (_current is null && !OpenNext())
                return 0;
            if (_current!.Read(buffer) is > 0 and var read)
                return read;
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
                return read;
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
        _current = new FileStream(files[_next++].Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        return true;
    }
}
