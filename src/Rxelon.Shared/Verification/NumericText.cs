using System.Globalization;

namespace Rxelon.Shared.Verification;

/// <summary>Compares texts whose numbers may differ a little (docs/design/verification.md).</summary>
internal static class NumericText
{
    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Whether both say the same: equal word by word, numbers within the tolerance. Stops at the first difference.</summary>
    internal static async Task<bool> EqualAsync(Stream a, Stream b, double tolerance, CancellationToken ct)
    {
        var (left, right) = (new WordReader(a), new WordReader(b));
        do
        {
            await left.NextAsync(ct).ConfigureAwait(false);
            await right.NextAsync(ct).ConfigureAwait(false);
            if (left.Kind != right.Kind || !AreEqual(left, right, tolerance))
                return false;
        }
        while (left.Kind != WordKind.End);
        return true;
    }

    /// <summary>Whether two words are equal: the same bytes, or numbers, not both integers, within the tolerance.</summary>
    internal static bool AreEqual(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, double tolerance)
        => a.SequenceEqual(b) || (TryNumber(a, out var x, out var isXInteger) && TryNumber(b, out var y, out var isYInteger) && !(isXInteger && isYInteger)
            && Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Max(Math.Abs(x), Math.Abs(y))));

    private static bool AreEqual(WordReader a, WordReader b, double tolerance) => a.Kind switch
    {
        WordKind.End or WordKind.Blank => true,
        WordKind.Word => AreEqual(a.Bytes, b.Bytes, tolerance),
        _ => a.Bytes.SequenceEqual(b.Bytes),
    };

    // The parser takes names of infinity too: a number here has nothing but digits, signs, a point and an exponent, and is finite.
    private static bool TryNumber(ReadOnlySpan<byte> word, out double number, out bool isInteger)
    {
        number = 0;
        isInteger = word.IndexOfAnyExcept("+-0123456789"u8) < 0;
        return word.IndexOfAnyExcept("+-0123456789.eE"u8) < 0 && double.TryParse(word, Number, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
