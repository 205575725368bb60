using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;

namespace Rxelon.Domain.Accounts;

/// <summary>Accounts that exist in every network.</summary>
public static class AccountIds
{
    /// <inheritdoc cref="Settlement.Treasury"/>
    public static AccountId Treasury => Settlement.Treasury;
}
