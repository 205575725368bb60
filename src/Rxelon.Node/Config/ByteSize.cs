using System.Globalization;

namespace Rxelon.Node.Config;

/// <summary>Sizes as people write them: <c>512MiB</c>, <c>4GiB</c>, or a number of bytes.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    internal static bool TryParse(string text, out long bytes)
    {
        var (digits, shift) = (text, 0);
        foreach (var (suffix, by) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                (digits, shift) = (text[..^suffix.Length].TrimEnd(), by);
        }

        var isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> shift;
        bytes = isNumber ? number << shift : 0;
        return isNumber;
    }

    internal static string Format(long bytes)
    {
        var (suffix, shift) = Units.LastOrDefault(u => bytes >> u.Shift > 0, (Suffix: "B", Shift: 0));
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << shift):0.#} {suffix}");
    }
}
