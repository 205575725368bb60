using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

/// <summary>What an account does about each command. Pure: no clock, no randomness; see <see cref="Decision{TEvent,TReply,TEffect}"/>.</summary>
public static class AccountDecider
{
    /// <summary>Decides; an unknown command throws.</summary>
    public static Decision<IAccountEvent, AccountReply, IAccountEffect> Decide(AccountState state, IAccountCommand command) => command switch
    {
        OpenAccount c => AccountMembership.Open(state, c),
        AddApiKey c => AccountMembership.AddKey(state, c),
        RemoveApiKey c => AccountMembership.RemoveKey(state, c),
        CloseAccount c => AccountMembership.Close(state, c),
        GrantTokens c => AccountPayouts.Grant(state, c),
        PlaceHold c => AccountHolds.Place(state, c),
        ChangeHold c => AccountHolds.Change(state, c),
        SettleHold c => AccountHolds.Settle(state, c),
        PayOut c => AccountPayouts.PayOut(state, c),
        ReceivePayout c => AccountPayouts.Receive(state, c),
        PayoutReceived c => AccountPayouts.Received(state, c),
        GetAccount => new([], View(state), []),
        _ => throw new InvalidOperationException($"No rule for command {command.GetType().Name}."),
    };

    /// <summary>The state after an event; an unknown event throws.</summary>
    public static AccountState Apply(AccountState state, IAccountEvent happened) => AccountFold.Apply(state, happened);

    /// <summary>What follows from one durable batch: a payout window while money is owed or under way.</summary>
    public static IReadOnlyList<IAccountEffect> After(
        AccountState before, AccountState after, IReadOnlyList<IAccountEvent> batch, DateTimeOffset now)
        => HasMoneyToSend(after) && batch.Any(e => e is HoldSettled or PayoutsSent or PayoutsConfirmed) ? [new SchedulePayout()] : [];

    /// <summary>
    /// What may have been under way when the process ended, to be done again after recovery. Every open hold is answered again:
    /// a task that has ended meanwhile, and never heard of its hold, closes it.
    /// </summary>
    public static IReadOnlyList<IAccountEffect> Owed(AccountState durable, DateTimeOffset now) =>
    [
        .. durable.Holds.Select(h => new AnswerHold(h.Key, null, h.Value.Ceiling, null)),
        .. durable.Transit.Values.Select(p => new SendPayout(p)),
        .. HasMoneyToSend(durable) ? [new SchedulePayout()] : Array.Empty<IAccountEffect>(),
    ];

    /// <summary>True while the account must be awake to send money on.</summary>
    public static bool HasMoneyToSend(AccountState state) => state.Owing.Count > 0 || state.Transit.Count > 0;

    /// <summary>The account as its owner may see it; not found before anything happened to it.</summary>
    public static AccountReply View(AccountState s)
        => s.OpenedAt is null && s.Id != AccountIds.Treasury
            ? new AccountRefused(s.Id, new Fault(FaultCodes.NotFound, "There is no such account."))
            : new AccountView(
                s.Id, s.Id == AccountIds.Treasury ? "treasury" : s.Name, s.Id == AccountIds.Treasury ? AccountKind.Treasury : s.Kind,
                s.SigningKey, s.ExchangeKey, s.ApiKeys, s.Available, s.Held, s.Owed, s.InTransit, s.Earned, s.Spent,
                s.ClosedAt is not null, s.OpenedAt ?? default);

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Ok(
        AccountState state, IAccountEvent? happened = null, params IReadOnlyList<IAccountEffect> effects)
        => new(happened is null ? [] : [happened], new AccountOk(state.Id), effects);

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Refuse(
        AccountState state, Fault fault, params IReadOnlyList<IAccountEffect> effects)
        => new([], new AccountRefused(state.Id, fault), effects);

    /// <summary>Why the owner cannot act on it, or null.</summary>
    internal static Fault? NotOpen(AccountState s) => s.IsOpen ? null
        : s.OpenedAt is null ? new Fault(FaultCodes.NotFound, "There is no such account.")
        : new Fault(FaultCodes.Forbidden, "This account is closed.");
}
