namespace Rxelon.Client.Splitting;

/// <summary>Input that is cut into chunks, one behind the other.</summary>
internal interface IChunks
{
    /// <summary>True when there is another chunk.</summary>
    ValueTask<bool> AnyAsync(CancellationToken ct);

    /// <summary>Copies the next chunk.</summary>
    ValueTask CopyNextAsync(Stream into, CancellationToken ct);
}

/// <summary>
/// Cuts a stream after so many bytes or lines, without holding a chunk. A line ends behind its 0x0A; a last line need not
/// have one. What the chunks hold, one behind the other, is exactly what the stream held.
/// </summary>
internal sealed class ChunkReader(Stream source, bool byLines, long size) : IChunks
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at;
    private int _end;

    public async ValueTask<bool> AnyAsync(CancellationToken ct)
    {
        if (_at < _end)
            return true;
        _at = 0;
        _end = await source.ReadAsync(_buffer, ct).ConfigureAwait(false);
        return _end > 0;
    }

    public async ValueTask CopyNextAsync(Stream into, CancellationToken ct)
    {
        for (var left = size; left > 0 && await AnyAsync(ct).ConfigureAwait(false);)
        {
            var take = byLines ? TakeLines(ref left) : TakeBytes(ref left);
            await into.WriteAsync(_buffer.AsMemory(_at, take), ct).ConfigureAwait(false);
            _at += take;
        }
    }

    private int TakeBytes(ref long left)
    {
        var take = (int)Math.Min(left, _end - _at);
        left -= take;
        return take;
    }

    private int TakeLines(ref long left)
    {
        var take = 0;
        while (left > 0 && take < _end - _at)
        {
            var newline = _buffer.AsSpan(_at + take, _end - _at - take).IndexOf((byte)'\n');
            if (newline < 0)
                return _end - _at;
            take += newline + 1;
            left--;
        }

        return take;
    }
}
