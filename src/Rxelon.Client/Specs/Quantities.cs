using System.Globalization;

namespace Rxelon.Client.Specs;

/// <summary>Sizes, durations and cores as people write them.</summary>
public static class Quantities
{
    private static readonly (string Suffix, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ];

    private static readonly (string Suffix, long Seconds)[] TimeUnits = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1)];

    /// <summary>Bytes: <c>256MiB</c>, <c>1.5GB</c>, <c>100</c>. Fractions must come to whole bytes.</summary>
    public static bool TryBytes(string text, out long bytes) => TryScaled(text, SizeUnits, out bytes);

    /// <summary>Whole seconds: <c>60s</c>, <c>5m</c>, <c>2h</c>, <c>7d</c>, <c>90</c>.</summary>
    public static bool TrySeconds(string text, out long seconds) => TryScaled(text, TimeUnits, out seconds);

    /// <summary>Thousandths of a core: <c>0.5</c>, <c>2</c>.</summary>
    public static bool TryCpuMillis(string text, out int millis)
    {
        millis = 0;
        if (!TryNumber(text, out var cores) || cores * 1000 != decimal.Truncate(cores * 1000) || cores * 1000 is < 1 or > int.MaxValue)
            return false;
        millis = (int)(cores * 1000);
        return true;
    }

    private static bool TryScaled(string text, (string Suffix, long Factor)[] units, out long value)
    {
        value = 0;
        var unit = text.AsSpan().TrimStart("0123456789.").ToString();
        var number = text[..^unit.Length];
        foreach (var (suffix, factor) in units)
        {
            if (suffix != unit.TrimStart())
                continue;
            if (!TryNumber(number, out var amount) || amount > long.MaxValue / factor || amount * factor != decimal.Truncate(amount * factor))
                return false;
            value = (long)(amount * factor);
            return true;
        }

        return false;
    }

    private static bool TryNumber(string text, out decimal number)
        => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
