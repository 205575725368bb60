using Rxelon.Shared.Workloads;
using Rxelon.Simulation;

namespace Rxelon.Domain.Tests.Verification;

/// <summary>Small networks of liars; the large ones are <c>./rx bench verification</c>.</summary>
public sealed class SimulationSpecs
{
    private static readonly VerifySpec TwoOfThree = new() { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 };
    private static readonly VerifySpec Adaptive = new() { Policy = VerifyPolicy.Adaptive };

    [Fact]
    public void The_same_seed_gives_the_same_network()
        => Assert.Equal(SimNetwork.Run(Small(Adaptive, 100, Cheat.Selective)), SimNetwork.Run(Small(Adaptive, 100, Cheat.Selective)));

    [Theory]
    [InlineData(Cheat.Always)]
    [InlineData(Cheat.Selective)]
    [InlineData(Cheat.Delayed)]
    [InlineData(Cheat.Whitewashing)]
    public void With_adaptive_checks_cheating_pays_less_than_honest_work_and_no_honest_node_is_accused(Cheat cheat)
    {
        var found = SimNetwork.Run(Small(Adaptive, 100, cheat));
        Assert.True(found.Fakes > 0);
        Assert.Equal((0, 0), (found.HonestAccused, found.Unfinished));
        Assert.True(found.CheaterGain < found.HonestGain, found.ToString());
        Assert.True(found.Overhead < 1, found.ToString());
    }

    [Fact]
    public void A_quorum_lets_no_lonely_lie_through()
    {
        var found = SimNetwork.Run(Small(TwoOfThree, 100, Cheat.Always));
        Assert.Equal((0L, 0, 0), (found.WrongAccepted, found.HonestAccused, found.Unfinished));
        Assert.Equal(1, found.CatchRate);
    }

    [Fact]
    public void Without_verification_every_lie_is_paid()
    {
        var found = SimNetwork.Run(Small(new VerifySpec { Policy = VerifyPolicy.None }, 100, Cheat.Always));
        Assert.Equal(found.Fakes, found.WrongAccepted);
        Assert.True(found.CheaterGain > found.HonestGain);
    }

    [Fact]
    public void The_matchmaker_that_is_told_only_of_changes_knows_what_waits()
    {
        foreach (var terms in (VerifySpec[])[TwoOfThree, Adaptive, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 300_000 }])
        {
            var found = SimNetwork.Run(Small(terms, 300, Cheat.Selective) with { PartsPerTask = 200, Audits = true });
            Assert.True(found.Fakes > 0 && found.Parts == 200, found.ToString());
        }
    }

    [Fact]
    public void A_task_of_thousands_of_parts_that_are_checked_costs_no_more_a_part_than_a_small_one()
    {
        var small = Steps(2_000);
        var large = Steps(20_000);
        Assert.True(large < small * 3, $"{small:0.0} and {large:0.0} KiB a part");

        // What is allocated does not depend on how busy the machine is; each message that names all parts would show.
        static double Steps(int parts)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            SimNetwork.Run(Small(new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 100_000 }, 0, Cheat.Always) with { PartsPerTask = parts, Nodes = 100 });
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 1024.0 / parts;
        }
    }

    private static Scenario Small(VerifySpec verify, int permille, Cheat cheat) => new()
    {
        Verify = verify,
        Cheats = [cheat],
        CheatersPermille = permille,
        Nodes = 60,
        Tasks = 1,
        PartsPerTask = 900,
        ErrorsPerMillion = 0,
        Seed = 7,
    };
}
