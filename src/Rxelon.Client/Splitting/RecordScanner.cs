using Rxelon.Client.Specs;

namespace Rxelon.Client.Splitting;

/// <summary>
/// Finds where records end. CSV as RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180): commas, fields in quotes that may hold line
/// breaks and doubled quotes, lines that end in LF or CRLF. JSON Lines (https://jsonlines.org): a record is a line, because JSON
/// text writes a line break within a string as \n. Bytes that RFC 4180 has no meaning for are refused and not guessed at, because
/// a wrong guess moves the boundary: a quote inside of an unquoted field, text behind a closing quote, a lone carriage return.
/// All that matters is ASCII, so every encoding that contains ASCII unchanged will do.
/// </summary>
internal sealed class RecordScanner(RecordFormat format)
{
    private State _state;

    private enum State
    {
        FieldStart,
        Plain,
        Quoted,
        QuoteInQuoted,
        Return,
    }

    /// <summary>What is wrong with the record under way, for people; null while nothing is.</summary>
    internal string? Objection { get; private set; }

    /// <summary>True while a quoted field is open.</summary>
    internal bool InQuotes => _state == State.Quoted;

    /// <summary>Takes bytes up to the end of the record, its line end included, or all of them; stops at what is wrong.</summary>
    internal int Take(ReadOnlySpan<byte> bytes, out bool ended)
    {
        ended = false;
        if (format == RecordFormat.Jsonl)
        {
            var newline = bytes.IndexOf((byte)'\n');
            ended = newline >= 0;
            return ended ? newline + 1 : bytes.Length;
        }

        var at = 0;
        while (at < bytes.Length && !ended && Objection is null)
        {
            at += SkipTo(bytes[at..]);
            if (at < bytes.Length)
                ended = Step(bytes[at++]);
        }

        return at;
    }

    /// <summary>How many bytes cannot change anything.</summary>
    private int SkipTo(ReadOnlySpan<byte> bytes)
    {
        var next = _state switch
        {
            State.Plain => bytes.IndexOfAny(",\r\n\""u8),
            State.Quoted => bytes.IndexOf((byte)'"'),
            _ => 0,
        };
        return next < 0 ? bytes.Length : next;
    }

    private bool Step(byte b)
    {
        if (_state == State.Quoted)
        {
            _state = State.QuoteInQuoted;
            return false;
        }

        if (_state == State.Return && b != '\n')
            Objection = "has a carriage return that no line feed follows";
        switch (b)
        {
            case (byte)'\n':
                _state = State.FieldStart;
                return true;
            case (byte)'\r':
                _state = State.Return;
                return false;
            case (byte)',':
                _state = State.FieldStart;
                return false;
            case (byte)'"' when _state is State.FieldStart or State.QuoteInQuoted:
                _state = State.Quoted;
                return false;
            case (byte)'"':
                Objection ??= "has a quote inside of a field that does not begin with one";
                return false;
            default:
                if (_state == State.QuoteInQuoted)
                    Objection = "has text between a closing quote and the next comma";
                _state = State.Plain;
                return false;
        }
    }
}
