using Rxelon.Client.KeyHolding;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.KeyHolding;

/// <summary>What a hub may ask keys for: the parts that spec and number of parts make, and nothing beside them.</summary>
public sealed class OriginCheckSpecs
{
    private static readonly TaskSpec Plain = new() { Name = "x", Kind = WorkloadKind.Wasm };
    private static readonly TaskSpec Reduced = Plain with { Stages = [Stage("reduce", "main")] };
    private static readonly TaskSpec Rounds = Reduced with { Rounds = new RoundsSpec { Of = ["main", "reduce"], Max = 3 } };
    private static readonly TaskSpec Hasty = Plain with { Limits = new Limits { Speculate = true } };
    private static readonly VerifySpec Quorum = new() { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 };
    private static readonly VerifySpec Spot = new() { Policy = VerifyPolicy.Spot, RateMillionths = 500_000 };

    [Fact]
    public void A_plain_part_gets_its_own_keys()
    {
        var terms = Check(Plain, 2).TermsOf(Request(1)).Value;
        Assert.Equal((1, "program", 0, null), (terms.Source, terms.Program, terms.Results.Count, terms.VerifyOf));
    }

    [Fact]
    public void A_stages_part_gets_the_results_that_the_plan_deals_to_it()
    {
        var terms = Check(Reduced, 2).TermsOf(Request(2, new KeyOriginInfo(1, 1, 0, null, [new(0, 1), new(1, 3)]))).Value;
        Assert.Equal((null, "program/reduce"), (terms.Source, terms.Program));
        Assert.Equal([(0, 1), (1, 3)], terms.Results);
    }

    [Fact]
    public void A_check_gets_the_input_and_the_verify_key_of_the_part_that_it_repeats()
    {
        var planned = Check(Plain with { Verify = Quorum }, 2).TermsOf(Request(4, new KeyOriginInfo(0, 1, 1, 1, []))).Value;
        Assert.Equal((1, 1), (planned.Source, planned.VerifyOf));
        var drawn = Check(Plain with { Verify = Spot }, 2).TermsOf(Request(2, new KeyOriginInfo(0, 1, 1, 1, []))).Value;
        Assert.Equal((1, 1), (drawn.Source, drawn.VerifyOf));
        var copied = Check(Reduced with { Verify = Spot }, 2).TermsOf(Request(4, new KeyOriginInfo(1, 1, 0, 2, [new(0, 1), new(3, 1)]))).Value;
        Assert.Equal([(0, 1), (3, 1)], copied.Results); // part 3 checked part 1 and was right
    }

    [Fact]
    public void A_later_rounds_part_gets_what_its_stage_needs()
    {
        var again = Check(Rounds, 2).TermsOf(Request(3, new KeyOriginInfo(0, 2, 0, null, [new(2, 1)]))).Value;
        Assert.Equal((0, "program", 1), (again.Source, again.Program, again.Results.Count));
        var merged = Check(Rounds, 2).TermsOf(Request(5, new KeyOriginInfo(1, 2, 0, null, [new(3, 1), new(4, 1)]))).Value;
        Assert.Equal((null, 2), (merged.Source, merged.Results.Count));
    }

    [Fact]
    public void A_twin_gets_the_keys_of_the_slow_part_and_no_verify_key()
    {
        var check = Check(Hasty, 2);
        Assert.True(check.TermsOf(Request(0)).IsOk);
        var twin = check.TermsOf(Request(2, new KeyOriginInfo(0, 1, 0, 0, []))).Value;
        Assert.Equal((0, "program", 0, null), (twin.Source, twin.Program, twin.Results.Count, twin.VerifyOf));
        var again = check.TermsOf(Request(2, new KeyOriginInfo(0, 1, 0, 0, [])) with { Attempt = 2 }).Value;
        Assert.Equal(0, again.Source);

        var merged = Check(Reduced with { Limits = Hasty.Limits }, 2).TermsOf(Request(4, new KeyOriginInfo(1, 1, 0, 2, [new(0, 1), new(3, 1)]))).Value;
        Assert.Equal((null, "program/reduce"), (merged.Source, merged.Program));
        Assert.Equal([(0, 1), (3, 1)], merged.Results); // part 3 overtook part 1
        var later = Check(Rounds with { Limits = Hasty.Limits }, 2);
        Assert.True(later.TermsOf(Request(3, new KeyOriginInfo(0, 2, 0, null, [new(2, 1)]))).IsOk);
        Assert.Equal(0, later.TermsOf(Request(6, new KeyOriginInfo(0, 2, 0, 3, [new(2, 1)]))).Value.Source);
    }

    [Theory]
    [InlineData(3, 0, 0)] // a second twin
    [InlineData(3, 2, 0)] // of a twin
    [InlineData(3, 1, 0)] // of part 1, with the input of part 0
    [InlineData(3, 3, 0)] // of itself
    [InlineData(2, 1, 1)] // of another part than before
    public void A_twin_that_no_speculating_task_has_gets_nothing(int part, int repeats, int index)
    {
        var check = Check(Hasty, 2);
        Assert.True(check.TermsOf(Request(2, new KeyOriginInfo(0, 1, 0, 0, []))).IsOk);
        Assert.Equal(FaultCodes.ProofFailed, check.TermsOf(Request(part, new KeyOriginInfo(0, 1, index, repeats, []))).Fault?.Code);
    }

    [Fact]
    public void A_later_parts_twin_gets_nothing_that_the_part_did_not_get()
    {
        var check = Check(Rounds with { Limits = Hasty.Limits }, 2);
        Assert.True(check.TermsOf(Request(3, new KeyOriginInfo(0, 2, 0, null, [new(2, 1)]))).IsOk);
        Assert.Equal(FaultCodes.ProofFailed, check.TermsOf(Request(6, new KeyOriginInfo(0, 2, 1, 3, [new(2, 1)]))).Fault?.Code);
    }

    [Fact]
    public void An_attempt_may_leave_a_checkpoint_and_begin_from_an_earlier_attempts()
    {
        var first = Check(Plain, 2).TermsOf(Request(1) with { MayLeaveCheckpoint = true }).Value;
        Assert.Equal((true, null), (first.MayLeaveCheckpoint, first.BeginsFrom));
        var third = Check(Plain, 2).TermsOf(Request(1) with { Attempt = 3, MayLeaveCheckpoint = true, BeginsFrom = 1 }).Value;
        Assert.Equal((true, 1), (third.MayLeaveCheckpoint, third.BeginsFrom));
        Assert.False(Check(Plain, 2).TermsOf(Request(1)).Value.MayLeaveCheckpoint);
    }

    public static TheoryData<TaskSpec, KeyRequestInfo> Unplanned => new()
    {
        { Plain, Request(1) with { MayLeaveCheckpoint = true, BeginsFrom = 1 } },
        { Plain, Request(1) with { MayLeaveCheckpoint = true, BeginsFrom = 2 } },
        { Plain, Request(1) with { Attempt = 2, MayLeaveCheckpoint = true, BeginsFrom = 0 } },
        { Plain, Request(1) with { Attempt = 2, BeginsFrom = 1 } },
        { Plain with { Verify = Quorum }, Request(0) with { MayLeaveCheckpoint = true } },
        { Plain with { Verify = Spot }, Request(0) with { Attempt = 2, BeginsFrom = 1 } },
        { Plain, Request(2, new KeyOriginInfo(0, 1, 0, 0, [])) },
        { Hasty, Request(1, new KeyOriginInfo(0, 1, 0, 0, [])) },
        { Hasty, Request(2, new KeyOriginInfo(0, 1, 0, -1, [])) },
        { Hasty, Request(2, new KeyOriginInfo(0, 1, 0, 0, [new(1, 1)])) },
        { Hasty, Request(2, new KeyOriginInfo(1, 1, 0, 0, [])) },
        { Reduced with { Limits = Hasty.Limits }, Request(2, new KeyOriginInfo(1, 1, 0, null, [new(1, 1), new(1, 1)])) },
        { Plain, Request(2) },
        { Plain, Request(0, new KeyOriginInfo(0, 1, 0, null, [new(1, 1)])) },
        { Plain, Request(0, new KeyOriginInfo(0, 1, 0, 1, [])) },
        { Plain, Request(2, new KeyOriginInfo(0, 2, 0, null, [])) },
        { Plain with { Verify = Quorum }, Request(0, new KeyOriginInfo(0, 1, 0, 1, [])) },
        { Reduced, Request(2) },
        { Reduced, Request(2, new KeyOriginInfo(1, 1, 0, null, [new(0, 1), new(0, 1)])) },
        { Reduced, Request(0, new KeyOriginInfo(1, 1, 0, null, [new(0, 1), new(1, 1)])) },
        { Reduced, Request(3, new KeyOriginInfo(1, 1, 0, null, [new(0, 1), new(1, 1)])) },
        { Rounds, Request(3, new KeyOriginInfo(0, 2, 0, null, [new(0, 1), new(1, 1)])) },
        { Rounds, Request(3, new KeyOriginInfo(0, 2, 7, null, [new(2, 1)])) },
        { Rounds, Request(3, new KeyOriginInfo(0, 4, 0, null, [new(2, 1)])) },
        { Rounds, Request(3, new KeyOriginInfo(0, 1, 0, null, [])) },
    };

    [Theory]
    [MemberData(nameof(Unplanned))]
    public void What_is_not_of_the_plan_gets_nothing(TaskSpec spec, KeyRequestInfo request)
        => Assert.Equal(FaultCodes.ProofFailed, Check(spec, 2).TermsOf(request).Fault?.Code);

    private static OriginCheck Check(TaskSpec spec, int parts) => OriginCheck.Of(new OrderTerms(spec, parts)).Value;

    private static KeyRequestInfo Request(int part, KeyOriginInfo? origin = null)
        => new(part, 1, default, default, [], [], [], []) { Origin = origin };

    private static StageSpec Stage(string name, params string[] needs) => new() { Name = name, Needs = needs, Kind = WorkloadKind.Wasm };
}
