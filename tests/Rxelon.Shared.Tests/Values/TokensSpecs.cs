using System.Text.Json;
using CsCheck;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Values;

public sealed class TokensSpecs
{
    private static readonly Gen<long> Amounts = Gen.OneOf(Gen.Long[0, long.MaxValue], Gen.Long[0, 10_000_000], Gen.OneOf(0L, 1, 999_999, 1_000_000, long.MaxValue));

    [Fact]
    public void Amounts_round_trip_through_text_and_json()
        => Amounts.Sample(micros =>
        {
            var amount = new Tokens(micros);
            return Tokens.TryParse(amount.ToString(), out var parsed) && parsed == amount
                && JsonSerializer.Deserialize<Tokens>(JsonSerializer.Serialize(amount)) == amount;
        });

    [Theory]
    [InlineData("0", 0)]
    [InlineData("2.5", 2_500_000)]
    [InlineData("0.000001", 1)]
    [InlineData("007.10", 7_100_000)]
    [InlineData("9223372036854.775807", long.MaxValue)]
    public void Decimal_tokens_parse(string text, long micros)
    {
        Assert.True(Tokens.TryParse(text, out var amount));
        Assert.Equal(micros, amount.Micros);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1,5")]
    [InlineData("1e3")]
    [InlineData("1.2.3")]
    [InlineData("0.0000001")]
    [InlineData("9223372036854.775808")]
    [InlineData("9223372036855")]
    [InlineData("99999999999999999999999")]
    public void Everything_else_is_refused(string? text)
    {
        Assert.False(Tokens.TryParse(text, out var amount));
        Assert.Equal(Tokens.Zero, amount);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000001")]
    [InlineData(2_500_000, "2.5")]
    [InlineData(-1_000_000, "-1")]
    [InlineData(long.MaxValue, "9223372036854.775807")]
    public void People_see_decimals_without_trailing_zeros(long micros, string text)
        => Assert.Equal(text, new Tokens(micros).ToString());

    [Fact]
    public void Overflow_throws_and_never_wraps()
    {
        var most = new Tokens(long.MaxValue);
        var least = new Tokens(long.MinValue);
        var one = new Tokens(1);
        Assert.Throws<OverflowException>(() => most + one);
        Assert.Throws<OverflowException>(() => least - one);
        Assert.Throws<OverflowException>(() => most * 2);
        Assert.Throws<OverflowException>(() => Tokens.Sum([most, one]));
    }

    [Fact]
    public void Sums_and_comparisons_are_those_of_the_integers()
        => Gen.Select(Gen.Long[-1_000_000, 1_000_000], Gen.Long[-1_000_000, 1_000_000]).Sample((a, b) =>
        {
            Tokens x = new(a), y = new(b);
            return (x + y).Micros == a + b && (x - y).Micros == a - b && (x * 3).Micros == a * 3 && x < y == a < b && x >= y == a >= b
                && Tokens.Min(x, y).Micros == Math.Min(a, b) && x.CompareTo(y) == a.CompareTo(b) && x.IsNegative == a < 0
                && Tokens.Sum([x, y, x]).Micros == a + b + a;
        });

    [Theory]
    [InlineData("1.5")]
    [InlineData("\"1\"")]
    [InlineData("9223372036854775808")]
    [InlineData("null")]
    public void Json_takes_whole_micro_tokens_only(string json)
        => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Tokens>(json));

    [Fact]
    public void An_outcome_is_a_value_or_a_fault()
    {
        Outcome<int> value = 5;
        Outcome<int> fault = new Fault(FaultCodes.NotFound, "Nothing there.");
        Assert.True(value.IsOk);
        Assert.Equal(5, value.Value);
        Assert.False(fault.IsOk);
        Assert.Contains("not-found: Nothing there.", Assert.Throws<InvalidOperationException>(() => fault.Value).Message, StringComparison.Ordinal);
    }
}
