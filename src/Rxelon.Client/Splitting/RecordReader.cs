using Rxelon.Client.Specs;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>
/// The records of one stream, copied byte for byte without holding one. Empty lines are left out, a byte order mark too; a last
/// record without a line end gets one. Errors are <see cref="InputException"/>s with the code bad-records that name the line.
/// </summary>
internal sealed class RecordReader(Stream source, string name, RecordFormat format, Culprit culprit, int longest = RecordReader.Longest)
{
    /// <summary>No record is larger, bytes: an open quote must not swallow the rest of a file unnoticed.</summary>
    internal const int Longest = 16 << 20;

    /// <summary>A header is repeated in every part and therefore kept.</summary>
    internal const int LongestHeader = 1 << 20;

    private readonly byte[] _buffer = new byte[1 << 16];
    private RecordScanner _scanner = new(format);
    private int _at;
    private int _end;
    private bool _begun;
    private long _line = 1;
    private long _length;

    /// <summary>True when there is another record. Call it between records only.</summary>
    internal async ValueTask<bool> AnyAsync(CancellationToken ct)
    {
        for (; ; )
        {
            if (_at == _end && !await FillAsync(ct).ConfigureAwait(false))
                return false;
            if (_buffer[_at] is not ((byte)'\n' or (byte)'\r'))
                return true;
            if (_buffer[_at] == '\r' && _at + 1 == _end)
                await FillAsync(ct).ConfigureAwait(false);
            if (_buffer[_at] == '\r' && _at + 1 < _end && _buffer[_at + 1] != '\n')
                return true;
            _at += _buffer[_at] == '\r' && _at + 1 < _end ? 2 : 1;
            _line++;
        }
    }

    /// <summary>The first record with its line end, or null when there is none.</summary>
    internal async ValueTask<byte[]?> HeaderAsync(CancellationToken ct)
    {
        if (!await AnyAsync(ct).ConfigureAwait(false))
            return null;
        using var header = new MemoryStream();
        var limit = Math.Min(longest, LongestHeader);
        await CopyOneAsync(header, limit, ct).ConfigureAwait(false);
        return header.ToArray();
    }

    /// <summary>Copies up to so many records and tells how many there were.</summary>
    internal async ValueTask<long> CopyAsync(Stream into, long most, CancellationToken ct)
    {
        long copied = 0;
        while (copied < most && await AnyAsync(ct).ConfigureAwait(false))
        {
            // Whole records that are in the buffer go out in one piece.
            var run = 0;
            while (copied < most && _at + run < _end && _buffer[_at + run] is not ((byte)'\n' or (byte)'\r'))
            {
                var start = _line;
                var taken = _scanner.Take(_buffer.AsSpan(_at + run, _end - _at - run), out var ended);
                if (!ended || _scanner.Objection is not null)
                {
                    // Read again from the record's start, now across buffers.
                    _scanner = new RecordScanner(format);
                    break;
                }

                Count(_buffer.AsSpan(_at + run, taken));
                Check(longest, start);
                _length = 0;
                run += taken;
                copied++;
            }

            await into.WriteAsync(_buffer.AsMemory(_at, run), ct).ConfigureAwait(false);
            _at += run;
            if (copied < most && await AnyAsync(ct).ConfigureAwait(false))
            {
                await CopyOneAsync(into, longest, ct).ConfigureAwait(false);
                copied++;
            }
        }

        return copied;
    }

    private async ValueTask CopyOneAsync(Stream into, int limit, CancellationToken ct)
    {
        var start = _line;
        for (var ended = false; !ended;)
        {
            if (_at == _end && !await FillAsync(ct).ConfigureAwait(false))
            {
                if (_scanner.InQuotes)
                    throw Wrong(start, "opens a quote that is never closed");
                await into.WriteAsync("\n"u8.ToArray(), ct).ConfigureAwait(false);
                _scanner = new RecordScanner(format);
                break;
            }

            var taken = _scanner.Take(_buffer.AsSpan(_at, _end - _at), out ended);
            Count(_buffer.AsSpan(_at, taken));
            if (_scanner.Objection is { } objection)
                throw Wrong(start, objection);
            Check(limit, start);
            await into.WriteAsync(_buffer.AsMemory(_at, taken), ct).ConfigureAwait(false);
            _at += taken;
        }

        _length = 0;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        _line += bytes.Count((byte)'\n');
    }

    private void Check(int limit, long start)
    {
        if (_length > limit)
            throw Wrong(start, $"has more than {limit} bytes, the most there may be; is a quote not closed?");
    }

    private InputException Wrong(long line, string what)
        => new(new Fault(
            FaultCodes.BadRecords,
            $"{name}: the record that begins at line {line} {what}. "
            + (format == RecordFormat.Csv ? "CSV is read as RFC 4180: commas, double quotes around fields that hold quotes, commas or line breaks." : "JSON Lines has one record a line."),
            culprit));

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        var kept = _end - _at;
        _buffer.AsSpan(_at, kept).CopyTo(_buffer);
        (_at, _end) = (0, kept);
        if (!_begun)
        {
            _begun = true;
            _end = await source.ReadAtLeastAsync(_buffer, 3, throwOnEndOfStream: false, ct).ConfigureAwait(false);
            var start = _buffer.AsSpan(0, _end);
            if (start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
                throw Wrong(1, "is UTF-16; convert the file to UTF-8 first");
            _at = start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
            return _at < _end || await FillAsync(ct).ConfigureAwait(false);
        }

        var read = await source.ReadAsync(_buffer.AsMemory(kept), ct).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
