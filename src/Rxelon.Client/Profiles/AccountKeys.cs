using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;

namespace Rxelon.Client.Profiles;

/// <summary>
/// What makes somebody the holder of an account: the signing key (its id follows from it), the key that task keys are sealed
/// to, and the API key. Zeroed on dispose.
/// </summary>
public sealed class AccountKeys(SigningKeyPair signing, ExchangeKeyPair exchange, string? apiKey) : IDisposable
{
    /// <summary>The account's id.</summary>
    public AccountId Account { get; } = AccountId.OfSigningKey(signing.PublicKey);

    /// <summary>Ed25519: signs submissions.</summary>
    public SigningKeyPair Signing { get; } = signing;

    /// <summary>X25519: opens the owner's copy of task keys.</summary>
    public ExchangeKeyPair Exchange { get; } = exchange;

    /// <summary>What the HTTP API knows the account by; null until it is opened.</summary>
    public string? ApiKey { get; } = apiKey;

    /// <summary>Fresh keys.</summary>
    public static AccountKeys Generate() => new(SigningKeyPair.Generate(), ExchangeKeyPair.Generate(), null);

    /// <summary>The same keys with an API key; this instance must not be disposed then.</summary>
    public AccountKeys With(string apiKey) => new(Signing, Exchange, apiKey);

    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Exchange.Dispose();
    }

    internal AccountSecrets Export() => new(Signing.ExportSeed(), Exchange.ExportPrivate(), ApiKey);

    internal static AccountKeys From(AccountSecrets secrets)
    {
        var keys = new AccountKeys(SigningKeyPair.FromSeed(secrets.SigningSeed), ExchangeKeyPair.FromPrivate(secrets.ExchangePrivate), secrets.ApiKey);
        CryptographicOperations.ZeroMemory(secrets.SigningSeed);
        CryptographicOperations.ZeroMemory(secrets.ExchangePrivate);
        return keys;
    }
}
