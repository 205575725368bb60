using Rxelon.Domain.Kernel;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

internal static class AccountMembership
{
    private const int MaxApiKeys = 100;

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Open(AccountState s, OpenAccount c)
    {
        if (s.OpenedAt is null)
        {
            return new(
                [new AccountOpened(c.Name, c.Kind, c.SigningKey, c.ExchangeKey, c.At, c.Signed), new ApiKeyAdded(c.ApiKey, c.At)],
                new AccountOk(s.Id), []);
        }

        if (AccountDecider.NotOpen(s) is { } fault)
            return AccountDecider.Refuse(s, fault);
        if (!s.SigningKey.AsSpan().SequenceEqual(c.SigningKey) || !s.ExchangeKey.AsSpan().SequenceEqual(c.ExchangeKey))
            return AccountDecider.Refuse(s, new Fault(FaultCodes.Conflict, "This account was opened with other keys."));
        return Keep(s, c.ApiKey, c.At);
    }

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> AddKey(AccountState s, AddApiKey c)
        => AccountDecider.NotOpen(s) is { } fault ? AccountDecider.Refuse(s, fault) : Keep(s, c.ApiKey, c.At);

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> RemoveKey(AccountState s, RemoveApiKey c)
        => AccountDecider.NotOpen(s) is { } fault ? AccountDecider.Refuse(s, fault)
            : s.ApiKeys.Exists(k => k.Id == c.KeyId) ? AccountDecider.Ok(s, new ApiKeyRemoved(c.KeyId, c.At))
            : AccountDecider.Ok(s);

    internal static Decision<IAccountEvent, AccountReply, IAccountEffect> Close(AccountState s, CloseAccount c)
    {
        if (s.ClosedAt is not null)
            return AccountDecider.Ok(s);
        if (AccountDecider.NotOpen(s) is { } fault)
            return AccountDecider.Refuse(s, fault);
        if (s.Holds.Count > 0)
        {
            return AccountDecider.Refuse(s, new Fault(
                FaultCodes.NotYet, $"{s.Holds.Count} tasks still hold money; cancel them and ask again.", Culprit.None, true));
        }

        return AccountDecider.HasMoneyToSend(s)
            ? AccountDecider.Refuse(s, new Fault(FaultCodes.NotYet, "Payments are still being sent; ask again in a moment.", Culprit.None, true))
            : AccountDecider.Ok(s, new AccountClosed(s.Available, c.At));
    }

    private static Decision<IAccountEvent, AccountReply, IAccountEffect> Keep(AccountState s, ApiKeyHash key, DateTimeOffset at)
    {
        if (s.ApiKeys.Find(k => k.Id == key.Id) is { } known)
        {
            return known.SecretSha256.AsSpan().SequenceEqual(key.SecretSha256)
                ? AccountDecider.Ok(s)
                : AccountDecider.Refuse(s, new Fault(FaultCodes.Conflict, "An API key of this id exists."));
        }

        return s.ApiKeys.Count >= MaxApiKeys
            ? AccountDecider.Refuse(s, new Fault(FaultCodes.QuotaExceeded, $"An account has at most {MaxApiKeys} API keys; remove one."))
            : AccountDecider.Ok(s, new ApiKeyAdded(key, at));
    }
}
