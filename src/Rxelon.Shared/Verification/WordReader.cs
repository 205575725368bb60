namespace Rxelon.Shared.Verification;

/// <summary>What a <see cref="WordReader"/> stands at.</summary>
internal enum WordKind
{
    End = 0,

    /// <summary>A run of spaces and tabs.</summary>
    Blank = 1,

    /// <summary>One byte that separates words.</summary>
    Mark = 2,

    /// <summary>A whole word.</summary>
    Word = 3,

    /// <summary>A piece of a word that is too long to be a number.</summary>
    Piece = 4,
}

/// <summary>Cuts a stream into words as docs/design/verification.md says, in constant memory.</summary>
internal sealed class WordReader(Stream stream)
{
    // Longer than any double's digits with sign and exponent.
    private const int MaxWord = 64;

    private readonly byte[] _buffer = new byte[1 << 15];
    private readonly byte[] _word = new byte[MaxWord];
    private int _at;
    private int _end;
    private int _length;
    private bool _isCut;

    internal WordKind Kind { get; private set; }

    /// <summary>The bytes of a mark, word or piece; until the next step.</summary>
    internal ReadOnlySpan<byte> Bytes => _word.AsSpan(0, _length);

    internal async ValueTask NextAsync(CancellationToken ct)
    {
        _length = 0;
        if (!await FillAsync(ct).ConfigureAwait(false))
        {
            Kind = WordKind.End;
            return;
        }

        if (IsBlank(_buffer[_at]))
        {
            Kind = WordKind.Blank;
            _isCut = false;
            while (await FillAsync(ct).ConfigureAwait(false) && IsBlank(_buffer[_at]))
                _at++;
        }
        else if (IsMark(_buffer[_at]))
        {
            Kind = WordKind.Mark;
            _isCut = false;
            _word[_length++] = _buffer[_at++];
        }
        else
        {
            var more = true;
            while (_length < MaxWord && (more = await FillAsync(ct).ConfigureAwait(false)) && !IsBlank(_buffer[_at]) && !IsMark(_buffer[_at]))
                _word[_length++] = _buffer[_at++];
            var goesOn = _length == MaxWord && more && await FillAsync(ct).ConfigureAwait(false) && !IsBlank(_buffer[_at]) && !IsMark(_buffer[_at]);
            Kind = _isCut || goesOn ? WordKind.Piece : WordKind.Word;
            _isCut = goesOn;
        }
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t';

    private static bool IsMark(byte b) => b is (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\v' || ",;:=()[]{}<>|/\"'"u8.Contains(b);

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_at < _end)
            return true;
        _at = 0;
        _end = await stream.ReadAsync(_buffer, ct).ConfigureAwait(false);
        return _end > 0;
    }
}
