using System.Text;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Tests.Verification;

public sealed class VerifySpecSpecs
{
    private static readonly string AnAnswer = new('a', 64);

    [Fact]
    public void A_task_that_is_not_verified_has_the_bytes_it_always_had()
        => Assert.DoesNotContain("verify", Encoding.UTF8.GetString(new TaskSpec { Name = "x", Kind = WorkloadKind.Wasm }.ToBytes()), StringComparison.Ordinal);

    [Fact]
    public void Terms_survive_being_written_and_read()
    {
        var spec = new TaskSpec { Name = "x", Kind = WorkloadKind.Wasm, Verify = new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 } };
        Assert.Equal(spec.Verify, TaskSpec.Parse(spec.ToBytes()).Value.Verify);
        Assert.Contains("\"verify\":{\"policy\":\"Quorum\",\"of\":3,\"agree\":2}", Encoding.UTF8.GetString(spec.ToBytes()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VerifyPolicy.None, 10, 10)]
    [InlineData(VerifyPolicy.Spot, 10, 11)]
    [InlineData(VerifyPolicy.Quorum, 10, 30)]
    [InlineData(VerifyPolicy.Adaptive, 10, 20)]
    public void The_hold_has_room_for_the_checks(VerifyPolicy policy, long parts, long budgeted)
        => Assert.Equal(budgeted, new VerifySpec { Policy = policy, Of = 3, Agree = 2, RateMillionths = 50_000 }.Budgeted(parts));

    [Fact]
    public void Terms_that_cannot_be_are_said_so()
    {
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Spot }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 1_000_001 }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 1, Agree = 1 }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 6, Agree = 2 }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 4 }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Canary }.Problem());
        Assert.NotNull(new VerifySpec { Policy = VerifyPolicy.Canary, Expected = new Dictionary<int, string> { [0] = "no answer" } }.Problem());
        Assert.NotNull(new VerifySpec { Policy = (VerifyPolicy)9 }.Problem());
        Assert.Null(new VerifySpec { Policy = VerifyPolicy.Canary, Expected = new Dictionary<int, string> { [0] = AnAnswer } }.Problem());
        Assert.Null(new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 }.Problem());
    }
}
