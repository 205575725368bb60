using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tests.Accounts;

public sealed class AccountSpecs
{
    private static readonly AccountId Payee = Ids.Account(50);

    private readonly Shell<AccountState, IAccountCommand, IAccountEvent, AccountReply, IAccountEffect> _account = Shells.Account(Given.Owner);
    private List<IAccountEffect> _effects = [];

    private AccountState State => _account.Durable;

    [Fact]
    public void Opening_again_with_the_same_keys_is_harmless_and_with_others_a_conflict()
    {
        Do(Given.Open(Given.Owner));
        Assert.IsType<AccountOk>(Do(Given.Open(Given.Owner)));
        Assert.IsType<AccountOk>(Do(Given.Open(Given.Owner) with { ApiKey = new ApiKeyHash("k2", [6], "second") }));
        Assert.Equal(2, State.ApiKeys.Count);
        Assert.Equal(FaultCodes.Conflict, Refusal(Do(Given.Open(Given.Owner) with { SigningKey = [9] })));
    }

    [Fact]
    public void A_grant_counts_once_per_command_id()
    {
        Rich(10);
        Do(new GrantTokens(Given.Owner, new Tokens(10), "g", "admin", Given.Start));
        Assert.Equal(new Tokens(10), State.Available);
    }

    [Fact]
    public void A_hold_needs_money_and_is_answered_the_same_when_asked_again()
    {
        Rich(100);
        Hold(1, 70);
        Assert.Equal(new AnswerHold(Ids.Task(1), null, new Tokens(70), null), Assert.Single(_effects));
        Hold(1, 70);
        Assert.Equal(new AnswerHold(Ids.Task(1), null, new Tokens(70), null), Assert.Single(_effects));
        Assert.Equal((new Tokens(30), new Tokens(70)), (State.Available, State.Held));
        Hold(2, 31);
        Assert.Equal(FaultCodes.InsufficientFunds, Assert.IsType<AnswerHold>(Assert.Single(_effects)).Refusal!.Code);
    }

    [Fact]
    public void A_settlement_splits_each_charge_between_operator_and_treasury_and_closing_returns_the_rest()
    {
        Rich(10_000);
        Hold(1, 5_000);
        Settle(1, close: true, new PayLine(0, Payee, new Tokens(1_050)), new PayLine(1, Payee, new Tokens(2_100)));
        Assert.Equal(new Tokens(3_000), State.Owing[Payee]);
        Assert.Equal(new Tokens(150), State.Owing[AccountIds.Treasury]);
        Assert.Equal((new Tokens(6_850), Tokens.Zero, new Tokens(3_150)), (State.Available, State.Held, State.Owed));
        Assert.Contains(new AnswerSettlement(Ids.Task(1), 2, true), _effects);
        Assert.Contains(new SchedulePayout(), _effects);
    }

    [Fact]
    public void A_part_is_paid_once_however_often_it_is_listed()
    {
        Rich(10_000);
        Hold(1, 5_000);
        Settle(1, false, new PayLine(0, Payee, new Tokens(100)));
        var events = _account.Journal.Count;
        Settle(1, false, new PayLine(0, Payee, new Tokens(100)));
        Assert.Equal(events, _account.Journal.Count);
        Settle(1, false, new PayLine(0, Payee, new Tokens(100)), new PayLine(1, Payee, new Tokens(7)), new PayLine(1, Payee, new Tokens(7)));
        Assert.Equal(new Tokens(107), State.Spent);
    }

    [Fact]
    public void A_settlement_never_pays_more_than_the_hold()
    {
        Rich(1_000);
        Hold(1, 100);
        Settle(1, true, new PayLine(0, Payee, new Tokens(80)), new PayLine(1, Payee, new Tokens(80)));
        Assert.Equal((new Tokens(100), new Tokens(900)), (State.Owed, State.Available));
    }

    [Fact]
    public void A_closed_or_unknown_hold_answers_closed_and_is_not_placed_again()
    {
        Rich(100);
        Hold(1, 10);
        Settle(1, true);
        Settle(1, true);
        Assert.Equal(new AnswerSettlement(Ids.Task(1), 0, true), Assert.Single(_effects));
        Settle(77, true);
        Assert.Equal(new AnswerSettlement(Ids.Task(77), 0, true), Assert.Single(_effects));
        Hold(1, 10);
        Assert.Equal(FaultCodes.AlreadyEnded, Assert.IsType<AnswerHold>(Assert.Single(_effects)).Refusal!.Code);
        Assert.Equal(Tokens.Zero, State.Held);
    }

    [Fact]
    public void Only_the_latest_closed_holds_are_remembered()
    {
        Rich(10);
        for (var i = 0; i < AccountState.ClosedHoldsKept + 10; i++)
        {
            Hold(i, 1);
            Settle(i, true);
        }

        Assert.Equal(AccountState.ClosedHoldsKept, State.Closed.Count);
        Assert.DoesNotContain(Ids.Task(9), State.Closed);
        Assert.Contains(Ids.Task(10), State.Closed);
    }

    [Fact]
    public void A_hold_changes_once_per_command_id_and_not_below_what_is_paid()
    {
        Rich(1_000);
        Hold(1, 100);
        Settle(1, false, new PayLine(0, Payee, new Tokens(60)));
        Change(150, "c1");
        Change(150, "c1");
        Assert.Equal(new AnswerHold(Ids.Task(1), null, new Tokens(150), "c1"), Assert.Single(_effects));
        Assert.Equal((new Tokens(850), new Tokens(90)), (State.Available, State.Held));
        Change(59, "c2");
        Assert.Equal(FaultCodes.BudgetExceeded, Assert.IsType<AnswerHold>(Assert.Single(_effects)).Refusal!.Code);
        Change(2_000, "c3");
        Assert.Equal(FaultCodes.InsufficientFunds, Assert.IsType<AnswerHold>(Assert.Single(_effects)).Refusal!.Code);
        Change(60, "c4");
        Assert.Equal((new Tokens(940), Tokens.Zero), (State.Available, State.Held));

        void Change(long amount, string id) => Do(new ChangeHold(Given.Owner, Ids.Task(1), new Tokens(amount), id, Given.Start));
    }

    [Fact]
    public void Payouts_are_numbered_resent_until_confirmed_and_one_at_a_time_for_each_payee()
    {
        Rich(1_000);
        Hold(1, 500);
        Settle(1, false, new PayLine(0, Payee, new Tokens(100)));
        PayOut();
        var sent = _effects.OfType<SendPayout>().Select(e => e.Payout).ToList();
        Assert.Equal([1, 2], sent.Select(p => p.Number).Order());
        Settle(1, false, new PayLine(1, Payee, new Tokens(100)));
        PayOut();
        Assert.Equal(sent.OrderBy(p => p.Number), _effects.OfType<SendPayout>().Select(e => e.Payout).OrderBy(p => p.Number));
        foreach (var p in sent)
            Do(new PayoutReceived(Given.Owner, p.Payee, p.Number, Given.Start));
        Do(new PayoutReceived(Given.Owner, Payee, 99, Given.Start));
        Assert.Equal((Tokens.Zero, new Tokens(100)), (State.InTransit, State.Sent));
        PayOut();
        Assert.Equal([3, 4], _effects.OfType<SendPayout>().Select(e => e.Payout.Number).Order());
    }

    [Fact]
    public void A_payout_is_booked_once_and_always_confirmed()
    {
        Do(Given.Open(Given.Owner));
        for (var i = 0; i < 2; i++)
        {
            Do(new ReceivePayout(Given.Owner, Payee, 5, new Tokens(40), Given.Start));
            Assert.Equal(new ConfirmPayout(Payee, 5), Assert.Single(_effects));
        }

        Do(new ReceivePayout(Given.Owner, Payee, 4, new Tokens(40), Given.Start));
        Assert.Equal(new Tokens(40), State.Available);
    }

    [Fact]
    public void An_account_closes_only_when_no_money_is_bound_and_burns_the_rest()
    {
        Rich(100);
        Hold(1, 10);
        Assert.Equal(FaultCodes.NotYet, Refusal(Do(new CloseAccount(Given.Owner, Given.Start))));
        Settle(1, true, new PayLine(0, Payee, new Tokens(10)));
        Assert.Equal(FaultCodes.NotYet, Refusal(Do(new CloseAccount(Given.Owner, Given.Start))));
        PayOut();
        foreach (var p in State.Transit.Values.ToList())
            Do(new PayoutReceived(Given.Owner, p.Payee, p.Number, Given.Start));
        Assert.IsType<AccountOk>(Do(new CloseAccount(Given.Owner, Given.Start)));
        Assert.Equal((Tokens.Zero, new Tokens(90)), (State.Available, State.Burned));
        Assert.IsType<AccountOk>(Do(new CloseAccount(Given.Owner, Given.Start)));
        Assert.Equal(FaultCodes.Forbidden, Refusal(Do(new GrantTokens(Given.Owner, new Tokens(1), "z", "admin", Given.Start))));
    }

    [Fact]
    public void The_treasury_needs_no_opening_and_recovers_what_it_owed()
    {
        var treasury = Shells.Account(AccountIds.Treasury);
        treasury.Do(new ReceivePayout(AccountIds.Treasury, Payee, 1, new Tokens(5), Given.Start), Given.Start);
        Assert.Equal(new Tokens(5), Assert.IsType<AccountView>(treasury.Handle(new GetAccount(AccountIds.Treasury, Given.Start))).Available);

        Rich(100);
        Hold(1, 10);
        Settle(1, true, new PayLine(0, Payee, new Tokens(10)));
        PayOut();
        Assert.Contains(new SchedulePayout(), _account.Crash(Given.Start));
        Assert.Single(_account.Crash(Given.Start).OfType<SendPayout>()); // 10 is too little for a fee
    }

    private AccountReply Do(IAccountCommand command)
    {
        (var reply, _effects) = _account.Do(command, Given.Start);
        return reply;
    }

    private void Rich(long amount)
    {
        Do(Given.Open(Given.Owner));
        Do(new GrantTokens(Given.Owner, new Tokens(amount), "g", "admin", Given.Start));
    }

    private void Hold(int task, long amount) => Do(new PlaceHold(Given.Owner, Ids.Task(task), new Tokens(amount), Given.Start));

    private void PayOut() => Do(new PayOut(Given.Owner, Given.Start));

    private void Settle(int task, bool close, params PayLine[] lines)
        => Do(new SettleHold(Given.Owner, Ids.Task(task), lines.Length, lines, Given.Terms.FeePermille, close, Given.Start));

    private static string Refusal(AccountReply reply) => Assert.IsType<AccountRefused>(reply).Fault.Code;
}
