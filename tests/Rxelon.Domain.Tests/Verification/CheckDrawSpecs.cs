using CsCheck;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Verification;

public sealed class CheckDrawSpecs
{
    private static readonly byte[] Seed = [.. Enumerable.Range(1, CheckDraw.SeedSize).Select(i => (byte)i)];
    private static readonly Tokens Nothing = Tokens.Zero;

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(500_000)]
    public void A_spot_rate_draws_as_many_parts_as_it_says(int rate)
    {
        const int parts = 20_000;
        var terms = new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = rate };
        var drawn = Enumerable.Range(0, parts).Count(p => CheckDraw.IsChecked(terms, Seed, p, new Tokens(100), Nothing));
        var expected = parts * (rate / 1e6);
        Assert.InRange(drawn, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
    }

    [Fact]
    public void The_draw_is_the_published_function_of_seed_and_part()
    {
        // node -e 'c=require("crypto");s=Buffer.from([...Array(32).keys()].map(i=>i+1));b=Buffer.alloc(4);b.writeUInt32BE(7);
        // h=c.createHmac("sha256",s).update("rx/check/v1").update(b).digest();console.log(h.readBigUInt64BE(0)%1000000n)'
        Assert.Equal(DrawOfPartSeven, CheckDraw.Draw(Seed, 7));
    }

    [Fact]
    public void A_node_with_nothing_to_lose_is_always_checked()
        => Assert.Equal(1_000_000, CheckDraw.Adaptive(new Tokens(5), Nothing));

    [Fact]
    public void A_node_with_much_to_lose_is_checked_at_the_floor()
        => Assert.Equal(VerificationRules.FloorMillionths, CheckDraw.Adaptive(new Tokens(5), new Tokens(1_000_000)));

    [Fact]
    public void No_stake_makes_faking_pay()
        => Gen.Select(Gen.Long[1, 1L << 50], Gen.Long[0, 1L << 50]).Sample((gain, stake) =>
        {
            var p = (Int128)CheckDraw.Adaptive(new Tokens(gain), new Tokens(stake));
            Assert.InRange((int)p, VerificationRules.FloorMillionths, 1_000_000);
            Assert.True(((1_000_000 - p) * gain) - (p * stake) <= 0);
        });

    [Fact]
    public void Policies_that_draw_nothing_check_nobody()
        => Assert.All([VerifyPolicy.None, VerifyPolicy.Quorum, VerifyPolicy.Canary], policy =>
            Assert.False(CheckDraw.IsChecked(new VerifySpec { Policy = policy, Of = 3, Agree = 2 }, Seed, 0, new Tokens(1), Nothing)));

    private const int DrawOfPartSeven = 742_087;
}
