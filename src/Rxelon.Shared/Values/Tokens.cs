using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Shared.Values;

/// <summary>
/// An amount of money in integer micro-tokens. All arithmetic is checked: an overflow throws, it never wraps.
/// In JSON and protobuf it is the integer; people see a decimal with up to six places.
/// </summary>
[JsonConverter(typeof(TokensJsonConverter))]
public readonly record struct Tokens(long Micros) : IComparable<Tokens>
{
    /// <summary>Micro-tokens in one token.</summary>
    public const long PerToken = 1_000_000;

    /// <summary>No money.</summary>
    public static Tokens Zero => default;

    /// <summary>True below zero.</summary>
    public bool IsNegative => Micros < 0;

    public static Tokens operator +(Tokens a, Tokens b) => new(checked(a.Micros + b.Micros));

    public static Tokens operator -(Tokens a, Tokens b) => new(checked(a.Micros - b.Micros));

    public static Tokens operator *(Tokens a, long factor) => new(checked(a.Micros * factor));

    public static bool operator <(Tokens a, Tokens b) => a.Micros < b.Micros;

    public static bool operator >(Tokens a, Tokens b) => a.Micros > b.Micros;

    public static bool operator <=(Tokens a, Tokens b) => a.Micros <= b.Micros;

    public static bool operator >=(Tokens a, Tokens b) => a.Micros >= b.Micros;

    /// <summary>The smaller of two amounts.</summary>
    public static Tokens Min(Tokens a, Tokens b) => a < b ? a : b;

    /// <summary>Adds amounts up, checked.</summary>
    public static Tokens Sum(IEnumerable<Tokens> amounts)
    {
        var sum = Zero;
        foreach (var amount in amounts)
            sum += amount;
        return sum;
    }

    /// <summary>Parses a decimal number of tokens with at most six places, such as <c>2.5</c>; no sign, no exponent.</summary>
    public static bool TryParse(string? text, out Tokens amount)
    {
        amount = default;
        if (string.IsNullOrEmpty(text))
            return false;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? text : text[..dot];
        var places = dot < 0 ? "" : text[(dot + 1)..];
        if (places.Length > 6 || (dot >= 0 && places.Length == 0)
            || !long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens)
            || !long.TryParse(places.PadRight(6, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var micros)
            || tokens > (long.MaxValue - micros) / PerToken)
            return false;
        amount = new Tokens((tokens * PerToken) + micros);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Tokens other) => Micros.CompareTo(other.Micros);

    /// <summary>Decimal tokens without trailing zeros, such as <c>2.5</c> or <c>0.000001</c>.</summary>
    public override string ToString()
        => (Micros / (decimal)PerToken).ToString("0.######", CultureInfo.InvariantCulture);
}

/// <summary>Amounts travel as the integer number of micro-tokens.</summary>
public sealed class TokensJsonConverter : JsonConverter<Tokens>
{
    /// <inheritdoc/>
    public override Tokens Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => new(reader.GetInt64());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Tokens value, JsonSerializerOptions options)
        => writer.WriteNumberValue(value.Micros);
}
