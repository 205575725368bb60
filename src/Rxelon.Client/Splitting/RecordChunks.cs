using Rxelon.Client.Specs;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>
/// Cuts files after so many records. With a header every chunk begins with the first file's; the other files must have the same
/// one. What the chunks hold, headers left out, is every record once and in order.
/// </summary>
internal sealed class RecordChunks(IReadOnlyList<(string Name, Func<Stream> Open)> sources, RecordFormat format, bool header, long size)
    : IChunks, IAsyncDisposable
{
    private int _next;
    private Stream? _stream;
    private RecordReader? _reader;
    private byte[]? _header;

    public async ValueTask<bool> AnyAsync(CancellationToken ct)
    {
        for (; ; )
        {
            if (_reader is null)
            {
                if (_next == sources.Count)
                    return false;
                await OpenAsync(sources[_next++], ct).ConfigureAwait(false);
            }

            if (await _reader!.AnyAsync(ct).ConfigureAwait(false))
                return true;
            await DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask CopyNextAsync(Stream into, CancellationToken ct)
    {
        await into.WriteAsync(_header, ct).ConfigureAwait(false);
        for (var left = size; left > 0 && await AnyAsync(ct).ConfigureAwait(false);)
            left -= await _reader!.CopyAsync(into, left, ct).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _reader = null;
        if (_stream is not null)
            await _stream.DisposeAsync().ConfigureAwait(false);
        _stream = null;
    }

    private async ValueTask OpenAsync((string Name, Func<Stream> Open) source, CancellationToken ct)
    {
        _stream = source.Open();
        _reader = new RecordReader(_stream, source.Name, format, Culprit.Input);
        if (!header || await _reader.HeaderAsync(ct).ConfigureAwait(false) is not { } own)
            return;
        _header ??= own;
        if (!RecordHeaders.Same(_header, own))
            throw new InputException(RecordHeaders.Differ(source.Name, sources[0].Name, Culprit.Input));
    }
}

/// <summary>Header lines of several sources that are to become one.</summary>
internal static class RecordHeaders
{
    internal static bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a.TrimEnd("\r\n"u8).SequenceEqual(b.TrimEnd("\r\n"u8));

    internal static Fault Differ(string name, string first, Culprit culprit)
        => new(FaultCodes.BadRecords, $"{name} has another header line than {first}; records of different kinds do not make one file.", culprit);
}
