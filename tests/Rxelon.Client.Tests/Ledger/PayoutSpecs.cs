using Google.Protobuf;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class PayoutSpecs : IDisposable
{
    private readonly PaidTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Every_number_of_a_genuine_receipt_is_found_again()
    {
        var payout = PayoutCheck.Of(_task.Receipt()).Value;
        Assert.Empty(payout.Differences);
        Assert.Null(payout.Failure());
        Assert.Equal([0, 1, 2], payout.Parts.Select(p => p.Part));
        Assert.Equal(PaidTask.Costs, payout.Parts.Select(p => p.Computed.Micros));
        Assert.Equal((1_578, true, 1500), (payout.Parts[2].Charge.Micros, payout.Parts[2].IsCapped, payout.Parts[2].TierPermille));
        Assert.Equal(new Tokens(71), payout.Payees.Single(p => p.IsTreasury).Computed);
        Assert.Equal((new Tokens(PaidTask.Hold), new Tokens(1_473)), (payout.Held, payout.Returned));
        Assert.Equal("Charged less than the formula, since more was not agreed: part 2.", Assert.Single(payout.Notes));
    }

    [Theory]
    [InlineData("task.parts-accepted", 1, "Part 1 costs 0.000351 tokens, and 0.000352 tokens are charged.")]
    [InlineData("task.parts-accepted", 2, "Part 2 costs 0.001 tokens, and 0.001001 tokens are charged.")]
    [InlineData("account.hold-settled", 1, "Settlement 2 owes the treasury 0.000024 tokens, and 0.000025 tokens are recorded.")]
    [InlineData("account.hold-settled", 2, "Settlement 3 returns 0.001473 tokens, and 0.001472 tokens are recorded.")]
    [InlineData("account.funds-held", 1, "0.003001 tokens are held, and the order's hold is 0.003 tokens.")]
    [InlineData("task.submitted", 1, "The hold of 0.003001 tokens is not within the signed budget of 0.003 tokens.")]
    [InlineData("task.parts-assigned", 3, "Part 2 is accepted from a node that has no attempt of it under way.")]
    public void One_micro_token_too_many_is_named(string manifest, int which, string difference)
    {
        _task.Forge[(manifest, which)] = Cheat;
        var payout = PayoutCheck.Of(_task.Receipt()).Value;
        Assert.Contains(difference, payout.Differences);
        Assert.Equal(FaultCodes.ProofFailed, payout.Failure()?.Code);
    }

    [Fact]
    public void Parts_that_a_closed_hold_forgot_are_named()
    {
        _task.Forge[("account.hold-settled", 2)] = m => ((HoldSettled)m).Parts.Clear();
        Assert.Contains("The hold is closed, and 1 accepted parts were not paid.", PayoutCheck.Of(_task.Receipt()).Value.Differences);
    }

    [Fact]
    public void A_part_that_is_paid_twice_is_named()
    {
        _task.Forge[("account.hold-settled", 2)] = m => ((HoldSettled)m).Parts.Add(0);
        Assert.Contains("Settlement 3 pays for a part that was paid before.", PayoutCheck.Of(_task.Receipt()).Value.Differences);
    }

    [Fact]
    public void A_task_that_is_not_settled_yet_is_no_difference()
    {
        using var task = new PaidTask { IsUnsettled = true };
        var payout = PayoutCheck.Of(task.Receipt()).Value;
        Assert.Empty(payout.Differences);
        Assert.Contains("The hold is not closed yet; 3 accepted parts are not settled.", payout.Notes);
    }

    [Fact]
    public void A_changed_hold_changes_the_share_of_the_parts_that_still_wait()
    {
        // 2,600 − 527 spent, nothing under way, one part waiting: it may cost 2,073, and its charge of 1,578 is paid in full.
        _task.Forge[("task.adjusted", 1)] = m => ((TaskAdjusted)m).Hold = 2_600;
        _task.Forge[("task.parts-accepted", 2)] = m => ((PartsAccepted)m).Parts[0].Cost = 1_578;
        var payout = PayoutCheck.Of(_task.Receipt()).Value;
        Assert.Equal((new Tokens(2_073), new Tokens(1_578), true), (payout.Parts[2].Cap, payout.Parts[2].Computed, payout.Parts[2].Agrees));
    }

    [Theory]
    [InlineData("tier")]
    [InlineData("overflow")]
    public void Numbers_that_no_task_can_have_are_refused_and_not_thrown(string what)
    {
        _task.Forge[("task.adjusted", 1)] = m => ((TaskAdjusted)m).Tier = what == "tier" ? 99 : (int)Tier();
        _task.Forge[("task.parts-assigned", 1)] = m => ((PartsAssigned)m).Parts[0].Ask = what == "overflow" ? long.MaxValue : 60_100;
        _task.Forge[("task.parts-accepted", 1)] = m => ((PartsAccepted)m).Parts[0].Metering.WallMillis = what == "overflow" ? long.MaxValue : 10_000;
        _task.Forge[("task.submitted", 1)] = m => ((TaskSubmitted)m).Price.MaxAsk = what == "overflow" ? long.MaxValue : 1_000_000;
        Assert.Equal(FaultCodes.ProofFailed, PayoutCheck.Of(_task.Receipt()).Fault?.Code);
    }

    [Fact]
    public void An_incomplete_receipt_and_one_of_an_account_have_no_prices()
    {
        var receipt = _task.Receipt();
        Assert.Equal(FaultCodes.ProofFailed, PayoutCheck.Of(receipt with { Entries = [.. receipt.Entries.Skip(1)] }).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, PayoutCheck.Of(receipt with { Subject = _task.Owner.ToString() }).Fault?.Code);
    }

    [Fact]
    public void The_treasury_is_nobodys_account()
        => Assert.Equal("a_", Settlement.Treasury.ToString()[..2]);

    private static Shared.Workloads.Tier Tier() => Shared.Workloads.Tier.Priority;

    private static void Cheat(IMessage message)
    {
        switch (message)
        {
            case PartsAccepted m: m.Parts[^1].Cost++; break;
            case HoldSettled { Closed: false } m: m.Owed[1].Amount++; break;
            case HoldSettled m: m.Returned--; break;
            case FundsHeld m: m.Amount++; break;
            case TaskSubmitted m: m.Hold++; break;
            case PartsAssigned m: m.Parts[0].Operator = ByteString.CopyFrom([1, .. new byte[15]]); break;
        }
    }
}
