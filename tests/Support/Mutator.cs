using System.Text;

namespace Rxelon.Testing;

/// <summary>
/// Makes inputs for parsers out of valid ones: bits, bytes, lines and lengths are changed, pieces of other inputs mixed in, and some
/// inputs are noise. The same seed gives the same inputs. Not safe for concurrent use.
/// </summary>
internal sealed class Mutator(int seed)
{
    private const int Longest = 4_096;

    // What breaks parsers of lines, numbers and lengths.
    private static readonly byte[][] Tokens =
    [
        "\n"u8.ToArray(), "\n\n"u8.ToArray(), "\r"u8.ToArray(), " "u8.ToArray(), "\t"u8.ToArray(), "\0"u8.ToArray(), "+"u8.ToArray(), "="u8.ToArray(), "/"u8.ToArray(),
        "-1"u8.ToArray(), "00"u8.ToArray(), "18446744073709551615"u8.ToArray(), "18446744073709551616"u8.ToArray(), "99999999999"u8.ToArray(), "256"u8.ToArray(),
        "— "u8.ToArray(), "\u00a0"u8.ToArray(), "\u2028"u8.ToArray(), "x"u8.ToArray(), ".p/"u8.ToArray(), "x000/"u8.ToArray(), "null"u8.ToArray(), "\\ud800"u8.ToArray(),
        "\""u8.ToArray(), "["u8.ToArray(), "{}"u8.ToArray(), "group g 1 g\n"u8.ToArray(), "AAAA"u8.ToArray(), [0xff], [0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x80, 0, 0, 0],
        [0x7f, 0xff, 0xff, 0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], new byte[32],
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next number, at least 0 and less than <paramref name="limit"/>.</summary>
    internal int Next(int limit) => _random.Next(limit);

    /// <summary>One of these, changed in a few places; seldom unchanged.</summary>
    internal byte[] Of(IReadOnlyList<byte[]> valid)
    {
        if (_random.Next(64) == 0)
            return Noise(_random.Next(200));
        var bytes = valid[_random.Next(valid.Count)];
        for (var times = _random.Next(1, 5); times > 0; times--)
            bytes = Changed(bytes, valid);
        return bytes.Length <= Longest ? bytes : bytes[..Longest];
    }

    internal byte[] Noise(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Changed(byte[] bytes, IReadOnlyList<byte[]> valid)
    {
        var at = _random.Next(bytes.Length + 1);
        var to = Math.Min(bytes.Length, at + _random.Next(1, 20));
        switch (_random.Next(11))
        {
            case 0 when at < bytes.Length:
                return [.. bytes[..at], (byte)(bytes[at] ^ (1 << _random.Next(8))), .. bytes[(at + 1)..]];
            case 1 when at < bytes.Length:
                return [.. bytes[..at], (byte)_random.Next(256), .. bytes[(at + 1)..]];
            case 2:
                return [.. bytes[..at], .. bytes[to..]];
            case 3:
                return [.. bytes[..to], .. bytes[at..]];
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. Noise(_random.Next(1, 9)), .. bytes[at..]];
            case 6:
                return Spliced(bytes[..at], valid[_random.Next(valid.Count)]);
            case 7:
                return Lines(bytes);
            case 8 when at < bytes.Length && char.IsAsciiDigit((char)bytes[at]):
                return [.. bytes[..at], (byte)('0' + _random.Next(10)), .. bytes[(at + 1)..]];
            default:
                return [.. bytes[..at], .. Tokens[_random.Next(Tokens.Length)], .. bytes[(_random.Next(2) == 0 ? at : to)..]];
        }
    }

    private byte[] Spliced(byte[] head, byte[] other) => [.. head, .. other[_random.Next(other.Length + 1)..]];

    // One line is doubled, left out, or changes places with another.
    private byte[] Lines(byte[] bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split('\n').ToList();
        var (one, two) = (_random.Next(lines.Count), _random.Next(lines.Count));
        switch (_random.Next(3))
        {
            case 0:
                lines.Insert(one, lines[two]);
                break;
            case 1:
                lines.RemoveAt(one);
                break;
            default:
                (lines[one], lines[two]) = (lines[two], lines[one]);
                break;
        }

        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }
}
