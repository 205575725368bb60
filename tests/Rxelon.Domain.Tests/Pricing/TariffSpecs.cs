using CsCheck;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Pricing;

public sealed class TariffSpecs
{
    private static readonly Gen<PriceTerms> Terms = Gen.Select(
        Gen.Long[1, 10_000], Gen.Long[10_000, 1_000_000_000], Gen.Int[1000, 2000], Gen.OneOf(Gen.Const(800), Gen.Const(1000), Gen.Const(1500)), Gen.Int[0, 300],
        (min, max, demand, tier, fee) => new PriceTerms(new Tokens(min), new Tokens(max), demand, tier, fee));

    private static readonly Gen<Resources> Sizes = Gen.Select(
        Gen.Int[1, 64_000], Gen.Long[1, 256L << 30], Gen.Long[0, 4L << 40], (cpu, memory, disk) => new Resources(cpu, memory, disk));

    [Fact]
    public void One_core_for_one_hour_costs_the_ask_and_the_fee()
        => Assert.Equal(new Tokens(3_780_000), Tariff.Charge(Given.Terms, Given.Ask, Resources.Default, Ran(3_600_000)));

    [Fact]
    public void Memory_beyond_four_gibibytes_a_core_is_billed_as_cores()
        => Assert.Equal(2_000, Tariff.BilledMillis(new Resources(1000, 8L << 30, 0)));

    [Fact]
    public void A_charge_is_rounded_up_once()
        => Assert.Equal(new Tokens(2), Tariff.Charge(Given.Terms with { FeePermille = 0 }, new Tokens(3_600_001), Resources.Default, Ran(1)));

    [Fact]
    public void Asks_outside_the_bounds_are_moved_to_the_nearer_one()
    {
        Assert.Equal(Charge(1_000), Charge(1));
        Assert.Equal(Charge(100_000_000), Charge(long.MaxValue));

        static Tokens Charge(long ask) => Tariff.Charge(Given.Terms, new Tokens(ask), Resources.Default, Ran(3_600_000));
    }

    [Theory]
    [InlineData(0, 0, 1000)]
    [InlineData(5, 10, 1000)]
    [InlineData(6, 10, 1200)]
    [InlineData(10, 10, 2000)]
    [InlineData(500, 10, 2000)]
    public void Demand_doubles_the_price_between_half_full_and_full(long wanted, long total, int permille)
        => Assert.Equal(permille, Tariff.DemandPermille(wanted, total));

    [Fact]
    public void The_highest_ask_within_a_share_never_costs_more_than_the_share()
        => Gen.Select(Terms, Sizes, Gen.Int[1, 86_400], Gen.Long[0, 1_000_000_000_000]).Sample((terms, size, seconds, share) =>
        {
            var limits = new Limits { TimeSeconds = seconds };
            var ask = Tariff.MaxAsk(terms, size, limits, new Tokens(share));
            return ask.IsNegative
                ? Tariff.Ceiling(terms, terms.MinAskPerCoreHour, size, limits).Micros > share
                : Tariff.Ceiling(terms, ask, size, limits).Micros <= share
                    && (ask == terms.MaxAskPerCoreHour || Tariff.Ceiling(terms, ask + new Tokens(1), size, limits).Micros > share);
        });

    [Fact]
    public void A_node_at_the_quoted_ask_fits_the_quoted_hold()
        => Gen.Select(Terms, Sizes, Gen.Int[1, 3_600], Gen.Int[1, 10_000]).Sample((terms, size, seconds, parts) =>
        {
            var spec = Given.Spec(s => s with { Resources = size, Limits = new Limits { TimeSeconds = seconds } });
            var quote = Tariff.Quote(terms, terms.MaxAskPerCoreHour, StagePlan.Of(spec, parts).Value);
            return Tariff.MaxAsk(terms, size, spec.Limits, new Tokens(quote.Ceiling.Micros / parts)) == terms.MaxAskPerCoreHour;
        });

    [Fact]
    public void The_fee_is_that_many_thousandths_of_the_operators_share()
        => Gen.Select(Gen.Long[0, 1_000_000_000_000], Gen.Int[0, 500]).Sample((charge, permille) =>
        {
            var fee = Tariff.Fee(new Tokens(charge), permille).Micros;
            var share = charge - fee;
            return fee >= 0 && fee <= charge && (Int128)fee * 1000 <= (Int128)share * permille
                && (Int128)(fee + 1) * 1000 > (Int128)(share - 1) * permille;
        });

    private static Metering Ran(long millis) => new(millis, 0, 0, 0, 0, 0, 0);
}
