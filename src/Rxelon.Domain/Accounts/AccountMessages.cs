using Rxelon.Domain.Kernel;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

/// <summary>What kind of party an account is.</summary>
public enum AccountKind
{
    User = 1,
    Operator = 2,
    Admin = 3,
    Treasury = 4,
}

/// <summary>Asks an account to do something.</summary>
public interface IAccountCommand
{
    AccountId Account { get; }

    DateTimeOffset At { get; }
}

/// <summary>From the gateway, which checked the signature. A repeat (same keys) adds the new API key to the same account.</summary>
public sealed record OpenAccount(
    AccountId Account, string Name, AccountKind Kind, byte[] SigningKey, byte[] ExchangeKey, ApiKeyHash ApiKey, DateTimeOffset At,
    OpeningSignature? Signed = null) : IAccountCommand;

/// <summary>
/// The owner's own signature over <c>SignedStatements.OpenAccount</c> and the time that is in it. Kept with the event, so that
/// nobody can say that the hub made the account up.
/// </summary>
public sealed record OpeningSignature(long UnixMillis, byte[] Signature);

/// <summary>An API key as the hub keeps it: a public id and the SHA-256 of the secret.</summary>
public sealed record ApiKeyHash(string Id, byte[] SecretSha256, string Label);

public sealed record AddApiKey(AccountId Account, ApiKeyHash ApiKey, DateTimeOffset At) : IAccountCommand;

public sealed record RemoveApiKey(AccountId Account, string KeyId, DateTimeOffset At) : IAccountCommand;

/// <summary>From an admin: new money into the account (minted), once per <see cref="CommandId"/>.</summary>
public sealed record GrantTokens(AccountId Account, Tokens Amount, string CommandId, string By, DateTimeOffset At) : IAccountCommand;

/// <summary>From a task: set this much aside for it. Answered to the task.</summary>
public sealed record PlaceHold(AccountId Account, TaskId Task, Tokens Amount, DateTimeOffset At) : IAccountCommand;

/// <summary>From a task: change its hold to this ceiling, once per <see cref="CommandId"/>.</summary>
public sealed record ChangeHold(AccountId Account, TaskId Task, Tokens Amount, string CommandId, DateTimeOffset At) : IAccountCommand;

/// <summary>
/// From a task: move pay for these parts out of its hold to what is owed to their operators and the treasury; a part already
/// paid is skipped; <see cref="Close"/> frees the rest. A closed or forgotten hold answers "booked, closed".
/// <see cref="Number"/> counts the task's accepted parts up to and including these lines, so it names their content.
/// </summary>
public sealed record SettleHold(
    AccountId Account, TaskId Task, int Number, IReadOnlyList<PayLine> Lines, int FeePermille, bool Close, DateTimeOffset At) : IAccountCommand;

/// <summary>From the account's own window timer or the scanner: send on what is owed.</summary>
public sealed record PayOut(AccountId Account, DateTimeOffset At) : IAccountCommand;

/// <summary>
/// From a paying account: money arrives, once per (from, number). A payer has at most one payout to a payee under way and its
/// numbers only grow, so the payee remembers one number per payer.
/// </summary>
public sealed record ReceivePayout(AccountId Account, AccountId From, long Number, Tokens Amount, DateTimeOffset At) : IAccountCommand;

/// <summary>From the receiving account: it has booked that payout.</summary>
public sealed record PayoutReceived(AccountId Account, AccountId By, long Number, DateTimeOffset At) : IAccountCommand;

/// <summary>From the owner: close for good; refused while holds are open. What is left is returned to the treasury (burned).</summary>
public sealed record CloseAccount(AccountId Account, DateTimeOffset At) : IAccountCommand;

/// <summary>Asks for <see cref="AccountView"/>; changes nothing.</summary>
public sealed record GetAccount(AccountId Account, DateTimeOffset At) : IAccountCommand, IQuery;

/// <summary>What happened to an account; kept for ever. Every movement of money names both sides.</summary>
public interface IAccountEvent
{
    DateTimeOffset At { get; }
}

public sealed record AccountOpened(string Name, AccountKind Kind, byte[] SigningKey, byte[] ExchangeKey, DateTimeOffset At, OpeningSignature? Signed = null) : IAccountEvent;

public sealed record ApiKeyAdded(ApiKeyHash ApiKey, DateTimeOffset At) : IAccountEvent;

public sealed record ApiKeyRemoved(string KeyId, DateTimeOffset At) : IAccountEvent;

/// <summary>Minted: from "mint" to available.</summary>
public sealed record TokensGranted(Tokens Amount, string CommandId, string By, DateTimeOffset At) : IAccountEvent;

/// <summary>Available to held.</summary>
public sealed record FundsHeld(TaskId Task, Tokens Amount, DateTimeOffset At) : IAccountEvent;

/// <summary>Available to held or back: the hold's ceiling is now <see cref="Amount"/>, of which what was already paid stays paid.</summary>
public sealed record HoldChanged(TaskId Task, Tokens Amount, string CommandId, DateTimeOffset At) : IAccountEvent;

/// <summary>Held to owed, per payee (fee included as the treasury's line); when closing, the rest goes back to available.</summary>
public sealed record HoldSettled(
    TaskId Task, int Number, IReadOnlyList<int> Parts, IReadOnlyList<Owed> Owed, bool Closed, Tokens Returned, DateTimeOffset At) : IAccountEvent;

public readonly record struct Owed(AccountId Payee, Tokens Amount);

/// <summary>Owed to in transit.</summary>
public sealed record PayoutsSent(IReadOnlyList<Payout> Payouts, DateTimeOffset At) : IAccountEvent;

public readonly record struct Payout(long Number, AccountId Payee, Tokens Amount);

/// <summary>In transit to gone: the payees have them.</summary>
public sealed record PayoutsConfirmed(IReadOnlyList<long> Numbers, DateTimeOffset At) : IAccountEvent;

/// <summary>From another account's transit to available.</summary>
public sealed record PayoutBooked(AccountId From, long Number, Tokens Amount, DateTimeOffset At) : IAccountEvent;

/// <summary>Closed; <see cref="Burned"/> leaves available.</summary>
public sealed record AccountClosed(Tokens Burned, DateTimeOffset At) : IAccountEvent;

/// <summary>Answers an account command.</summary>
public abstract record AccountReply(AccountId Account);

public sealed record AccountOk(AccountId Account) : AccountReply(Account);

public sealed record AccountRefused(AccountId Account, Fault Fault) : AccountReply(Account);

public sealed record AccountView(
    AccountId Account, string Name, AccountKind Kind, byte[] SigningKey, byte[] ExchangeKey, IReadOnlyList<ApiKeyHash> ApiKeys,
    Tokens Available, Tokens Held, Tokens Owed, Tokens InTransit, Tokens Earned, Tokens Spent, bool Closed, DateTimeOffset OpenedAt) : AccountReply(Account);

/// <summary>What the shell does for an account once its events are durable. All are safe to repeat.</summary>
public interface IAccountEffect;

/// <summary>
/// To the task: <see cref="HoldAnswered"/>, with the ceiling its hold has now (zero when there is none) and, when a
/// <see cref="ChangeHold"/> is answered, its command id.
/// </summary>
public sealed record AnswerHold(TaskId Task, Fault? Refusal, Tokens Held, string? Change) : IAccountEffect;

/// <summary>To the task: <see cref="SettlementBooked"/>.</summary>
public sealed record AnswerSettlement(TaskId Task, int Number, bool Closed) : IAccountEffect;

/// <summary>To the payee: <see cref="ReceivePayout"/>.</summary>
public sealed record SendPayout(Payout Payout) : IAccountEffect;

/// <summary>To the payer: <see cref="PayoutReceived"/>.</summary>
public sealed record ConfirmPayout(AccountId Payer, long Number) : IAccountEffect;

/// <summary>Call <see cref="PayOut"/> when the payout window ends; nothing to do when that is arranged already.</summary>
public sealed record SchedulePayout : IAccountEffect;
