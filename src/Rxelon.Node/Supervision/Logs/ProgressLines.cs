using System.Globalization;
using System.Text;

namespace Rxelon.Node.Supervision.Logs;

/// <summary>
/// Finds lines <c>rxelon:progress 42%</c> (0 to 100, up to one decimal) in what a program writes to standard error, as it comes. One
/// writer; the figure may be read by anybody.
/// </summary>
internal sealed class ProgressLines
{
    private const int Longest = 32;
    private const int Thousand = 1000;
    private readonly byte[] _line = new byte[Longest];
    private int _length;
    private volatile int _permille;

    private static ReadOnlySpan<byte> Mark => "rxelon:progress "u8;

    /// <summary>Thousandths that the last such line said; 0 when there was none.</summary>
    internal int Permille => _permille;

    internal void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            Take(end < 0 ? bytes : bytes[..end]);
            if (end < 0)
                return;
            if (_length <= Longest && Parse(_line.AsSpan(0, _length)) is { } said)
                _permille = said;
            _length = 0;
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>A line that is too long counts its length on, so that its end is not taken for a line.</summary>
    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length <= Longest)
            bytes.CopyTo(_line.AsSpan(_length));
        _length = Math.Min(_length + bytes.Length, Longest + 1);
    }

    private static int? Parse(ReadOnlySpan<byte> line)
    {
        if (line is [.., (byte)'\r'])
            line = line[..^1];
        if (!line.StartsWith(Mark) || line[^1] != (byte)'%')
            return null;
        var text = Encoding.ASCII.GetString(line[Mark.Length..^1]);
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is >= 0 and <= 100 && percent * 10 == decimal.Truncate(percent * 10)
            ? Math.Min((int)(percent * 10), Thousand)
            : null;
    }
}
