using System.Text;
using Rxelon.Shared.Verification;

namespace Rxelon.Shared.Tests.Verification;

/// <summary>When two texts say the same within a tolerance, and when they do not.</summary>
public sealed class NumericTextSpecs
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData("", "")]
    [InlineData("pi = 3.14159265\n", "pi = 3.14159266\n")]
    [InlineData("1.0", "0.9999999")]
    [InlineData("100", "99.99999999")]
    [InlineData("1", "1.0")]
    [InlineData("-0", "0.0")]
    [InlineData("1e300", "1.0000001e300")]
    [InlineData("1e-9", "-1e-9")]
    [InlineData("a,1.5,b\n2.5,c", "a,1.5000001,b\n2.4999999,c")]
    [InlineData("{\"loss\": 0.25, \"n\": [1, 2.0]}", "{\"loss\":  0.2500001, \"n\": [1,\t2]}")]
    [InlineData("x   1.5", "x 1.5")]
    [InlineData("+.5", "0.5")]
    [InlineData("1.0", "1.00001", false)]
    [InlineData("1000000", "1000001", false)]
    [InlineData("007", "7", false)]
    [InlineData("1.0", "1.0\n", false)]
    [InlineData("1.0 ", "1.0", false)]
    [InlineData("1.5x", "1.5000001x", false)]
    [InlineData("a1.5", "a1.5000001", false)]
    [InlineData("nan", "1.0", false)]
    [InlineData("nan", "nan")]
    [InlineData("Infinity", "1e400", false)]
    [InlineData("1e400", "2e400", false)]
    [InlineData("1e999", "1e999")]
    [InlineData("ab", "ac", false)]
    [InlineData("1.0 2.0", "1.0", false)]
    [InlineData("3,14", "3,15", false)]
    [InlineData("2026-11-25", "2026-11-26", false)]
    public async Task Texts_are_equal_or_not(string a, string b, bool equal = true)
    {
        Assert.Equal(equal, await EqualAsync(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b)));
        Assert.Equal(equal, await EqualAsync(Encoding.UTF8.GetBytes(b), Encoding.UTF8.GetBytes(a)));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_must_be_the_same()
    {
        byte[] a = [0, 1, 255, (byte)' ', 128, 7];
        Assert.True(await EqualAsync(a, [.. a]));
        Assert.False(await EqualAsync(a, [0, 1, 255, (byte)' ', 128, 8]));
    }

    [Fact]
    public async Task Words_longer_than_any_number_must_be_the_same_to_the_last_byte()
    {
        var digits = "0." + new string('3', 1_000);
        Assert.True(await EqualAsync(Encoding.UTF8.GetBytes(digits), Encoding.UTF8.GetBytes(digits)));
        foreach (var at in (int[])[40, 63, 64, 65, 127, 128, 1_001])
        {
            var other = digits.ToCharArray();
            other[at] = '4';
            Assert.False(await EqualAsync(Encoding.UTF8.GetBytes(digits), Encoding.UTF8.GetBytes(new string(other))), $"at {at}");
        }

        var full = "0." + new string('3', 62); // as long as a number may be
        Assert.True(await EqualAsync(Encoding.UTF8.GetBytes(full + "\n"), Encoding.UTF8.GetBytes(full[..63] + "4\n")));
    }

    [Fact]
    public async Task A_stream_that_comes_byte_by_byte_is_cut_the_same_way()
    {
        var (a, b) = ("x 1.25, 2.5\n"u8.ToArray(), "x 1.2500001, 2.5\n"u8.ToArray());
        Assert.True(await NumericText.EqualAsync(new Dripping(a), new MemoryStream(b), Tolerance, CancellationToken.None));
    }

    [Fact]
    public async Task Texts_of_many_buffers_are_compared_to_their_end()
    {
        var lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => FormattableString.Invariant($"{i} {i / 7.0:R}\n")));
        var other = string.Concat(Enumerable.Range(0, 20_000).Select(i => FormattableString.Invariant($"{i} {(i / 7.0) + 1e-8:R}\n")));
        Assert.True(await EqualAsync(Encoding.UTF8.GetBytes(lines), Encoding.UTF8.GetBytes(other)));
        Assert.False(await EqualAsync(Encoding.UTF8.GetBytes(lines + "1.5"), Encoding.UTF8.GetBytes(other + "1.6")));
    }

    private static Task<bool> EqualAsync(byte[] a, byte[] b) => NumericText.EqualAsync(new MemoryStream(a), new MemoryStream(b), Tolerance, CancellationToken.None);

    private sealed class Dripping(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }
}
