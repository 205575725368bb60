using System.Security.Cryptography;
using Rxelon.Shared.Ids;

namespace Rxelon.Domain.Accounts;

/// <summary>Accounts that exist in every network.</summary>
public static class AccountIds
{
    /// <summary>
    /// Where network fees go. Its "signing key" is SHA-256 of "rxelon treasury", to which nobody knows a private key, so nobody
    /// can open or sign for it.
    /// </summary>
    public static AccountId Treasury { get; } = AccountId.OfSigningKey(SHA256.HashData("rxelon treasury"u8));
}
