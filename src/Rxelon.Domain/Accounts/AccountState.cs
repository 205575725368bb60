using System.Collections.Immutable;
using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Accounts;

/// <summary>
/// Money set aside for one task: the ceiling, what of it was paid, and for which parts.
/// </summary>
public sealed record HoldState(Tokens Ceiling, Tokens Paid, IndexSet PaidParts, ImmutableHashSet<string> Changes)
{
    /// <summary>What is still set aside.</summary>
    public Tokens Remaining => Ceiling - Paid;
}

/// <summary>
/// An account as its events tell it. Every member is public so that a snapshot can be written and read back. Always:
/// granted + received = available + held + owed + in transit + sent + burned.
/// </summary>
public sealed record AccountState
{
    /// <summary>Closed holds that are remembered one by one; older ones are answered as closed all the same.</summary>
    public const int ClosedHoldsKept = 4096;

    private AccountState(AccountId id) => Id = id;

    public AccountId Id { get; }

    /// <summary>Null until opened.</summary>
    public DateTimeOffset? OpenedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    public string Name { get; init; } = "";

    public AccountKind Kind { get; init; }

    public byte[] SigningKey { get; init; } = [];

    public byte[] ExchangeKey { get; init; } = [];

    public ImmutableList<ApiKeyHash> ApiKeys { get; init; } = [];

    public Tokens Available { get; init; }

    /// <summary>Sum of what remains in <see cref="Holds"/>.</summary>
    public Tokens Held { get; init; }

    /// <summary>Settled and not sent on yet; sum of <see cref="Owing"/>.</summary>
    public Tokens Owed { get; init; }

    /// <summary>Sent and not confirmed; sum of <see cref="Transit"/>.</summary>
    public Tokens InTransit { get; init; }

    /// <summary>All that ever arrived from other accounts.</summary>
    public Tokens Earned { get; init; }

    /// <summary>All that was ever settled out of holds.</summary>
    public Tokens Spent { get; init; }

    /// <summary>All that was ever minted into the account.</summary>
    public Tokens Granted { get; init; }

    /// <summary>All that payees confirmed.</summary>
    public Tokens Sent { get; init; }

    public Tokens Burned { get; init; }

    public ImmutableHashSet<string> Grants { get; init; } = [];

    public ImmutableDictionary<TaskId, HoldState> Holds { get; init; } = ImmutableDictionary<TaskId, HoldState>.Empty;

    /// <summary>The latest closed holds, oldest first; <see cref="Closed"/> has the same ones to look up.</summary>
    public ImmutableQueue<TaskId> ClosedInOrder { get; init; } = [];

    public ImmutableHashSet<TaskId> Closed { get; init; } = [];

    public ImmutableSortedDictionary<AccountId, Tokens> Owing { get; init; } =
        ImmutableSortedDictionary.Create<AccountId, Tokens>(AccountOrder.Instance);

    /// <summary>Payouts under way by payee: at most one each.</summary>
    public ImmutableSortedDictionary<AccountId, Payout> Transit { get; init; } =
        ImmutableSortedDictionary.Create<AccountId, Payout>(AccountOrder.Instance);

    /// <summary>The number of the latest payout; numbers only grow.</summary>
    public long LastPayout { get; init; }

    /// <summary>The highest payout number booked from each payer.</summary>
    public ImmutableDictionary<AccountId, long> Received { get; init; } = ImmutableDictionary<AccountId, long>.Empty;

    /// <summary>True when the owner can act: opened and not closed.</summary>
    public bool IsOpen => OpenedAt is not null && ClosedAt is null;

    /// <summary>An account that nothing has happened to.</summary>
    public static AccountState Of(AccountId id) => new(id);
}

/// <summary>Account ids in the order of their text, so that the same state always pays in the same order.</summary>
internal sealed class AccountOrder : IComparer<AccountId>
{
    internal static AccountOrder Instance { get; } = new();

    public int Compare(AccountId x, AccountId y) => x == y ? 0 : string.CompareOrdinal(x.ToString(), y.ToString());
}
