using Rxelon.Domain.Accounts;
using Rxelon.Shared.Values;
using static Rxelon.Hub.Journal.Records;
using Proto = Rxelon.Shared.Journal;

namespace Rxelon.Hub.Journal;

/// <summary>How an account's events are kept.</summary>
internal static class AccountCodec
{
    internal static readonly CodecTable Table = new CodecTable()
        .Add<AccountOpened, Proto.AccountOpened>(
            "account.opened.1",
            e => new Proto.AccountOpened
            {
                Name = e.Name,
                Kind = (int)e.Kind,
                SigningKey = Bytes(e.SigningKey),
                ExchangeKey = Bytes(e.ExchangeKey),
                At = Ticks(e.At),
                Signed = e.Signed is { } s ? new Proto.AccountOpened.Types.Opening { UnixMillis = s.UnixMillis, Signature = Bytes(s.Signature) } : null,
            },
            m => new AccountOpened(
                m.Name, (AccountKind)m.Kind, m.SigningKey.ToByteArray(), m.ExchangeKey.ToByteArray(), Time(m.At),
                m.Signed is { } s ? new OpeningSignature(s.UnixMillis, s.Signature.ToByteArray()) : null))
        .Add<ApiKeyAdded, Proto.ApiKeyAdded>(
            "account.key-added.1",
            e => new Proto.ApiKeyAdded { Key = Key(e.ApiKey), At = Ticks(e.At) },
            m => new ApiKeyAdded(Key(m.Key), Time(m.At)))
        .Add<ApiKeyRemoved, Proto.ApiKeyRemoved>(
            "account.key-removed.1",
            e => new Proto.ApiKeyRemoved { KeyId = e.KeyId, At = Ticks(e.At) },
            m => new ApiKeyRemoved(m.KeyId, Time(m.At)))
        .Add<TokensGranted, Proto.TokensGranted>(
            "account.tokens-granted.1",
            e => new Proto.TokensGranted { Amount = e.Amount.Micros, CommandId = e.CommandId, By = e.By, At = Ticks(e.At) },
            m => new TokensGranted(new Tokens(m.Amount), m.CommandId, m.By, Time(m.At)))
        .Add<FundsHeld, Proto.FundsHeld>(
            "account.funds-held.1",
            e => new Proto.FundsHeld { Task = Id(e.Task), Amount = e.Amount.Micros, At = Ticks(e.At) },
            m => new FundsHeld(Task(m.Task), new Tokens(m.Amount), Time(m.At)))
        .Add<HoldChanged, Proto.HoldChanged>(
            "account.hold-changed.1",
            e => new Proto.HoldChanged
            {
                Task = Id(e.Task),
                Amount = e.Amount.Micros,
                CommandId = e.CommandId,
                At = Ticks(e.At),
            },
            m => new HoldChanged(Task(m.Task), new Tokens(m.Amount), m.CommandId, Time(m.At)))
        .Add<HoldSettled, Proto.HoldSettled>(
            "account.hold-settled.1",
            e => new Proto.HoldSettled
            {
                Task = Id(e.Task),
                Number = e.Number,
                Parts = { e.Parts },
                Owed = { Map(e.Owed, o => new Proto.Owed { Payee = Id(o.Payee), Amount = o.Amount.Micros }) },
                Closed = e.Closed,
                Returned = e.Returned.Micros,
                At = Ticks(e.At),
            },
            m => new HoldSettled(
                Task(m.Task),
                m.Number,
                [.. m.Parts],
                Map(m.Owed, o => new Owed(Account(o.Payee), new Tokens(o.Amount))),
                m.Closed,
                new Tokens(m.Returned),
                Time(m.At)))
        .Add<PayoutsSent, Proto.PayoutsSent>(
            "account.payouts-sent.1",
            e => new Proto.PayoutsSent { Payouts = { Map(e.Payouts, Pay) }, At = Ticks(e.At) },
            m => new PayoutsSent(Map(m.Payouts, Pay), Time(m.At)))
        .Add<PayoutsConfirmed, Proto.PayoutsConfirmed>(
            "account.payouts-confirmed.1",
            e => new Proto.PayoutsConfirmed { Numbers = { e.Numbers }, At = Ticks(e.At) },
            m => new PayoutsConfirmed([.. m.Numbers], Time(m.At)))
        .Add<PayoutBooked, Proto.PayoutBooked>(
            "account.payout-booked.1",
            e => new Proto.PayoutBooked { From = Id(e.From), Number = e.Number, Amount = e.Amount.Micros, At = Ticks(e.At) },
            m => new PayoutBooked(Account(m.From), m.Number, new Tokens(m.Amount), Time(m.At)))
        .Add<AccountClosed, Proto.AccountClosed>(
            "account.closed.1",
            e => new Proto.AccountClosed { Burned = e.Burned.Micros, At = Ticks(e.At) },
            m => new AccountClosed(new Tokens(m.Burned), Time(m.At)));

    internal static Proto.ApiKey Key(ApiKeyHash key)
        => new() { Id = key.Id, SecretSha256 = Bytes(key.SecretSha256), Label = key.Label };

    internal static ApiKeyHash Key(Proto.ApiKey key) => new(key.Id, key.SecretSha256.ToByteArray(), key.Label);

    internal static Proto.Payout Pay(Payout p)
        => new() { Number = p.Number, Payee = Id(p.Payee), Amount = p.Amount.Micros };

    internal static Payout Pay(Proto.Payout p) => new(p.Number, Account(p.Payee), new Tokens(p.Amount));
}
