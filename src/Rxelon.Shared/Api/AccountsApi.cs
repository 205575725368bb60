using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Api;

/// <summary>POST /v1/accounts: open an account, or get a further API key for it. Keys and signature are base64.</summary>
/// <param name="Kind">"user" or "operator".</param>
/// <param name="SigningKey">Ed25519 public key; the account id follows from it.</param>
/// <param name="ExchangeKey">X25519 public key; task keys are sealed to it for their owner.</param>
/// <param name="UnixMillis">The client's clock; refused when more than ten minutes off.</param>
/// <param name="Signature">By the signing key over <c>SignedStatements.OpenAccount</c>.</param>
public sealed record OpenAccountRequest(
    string Name, string Kind, byte[] SigningKey, byte[] ExchangeKey, long UnixMillis, byte[] Signature);

/// <summary>The API key is shown here only: <c>rxk_{account}_{keyId}_{secret}</c>.</summary>
public sealed record OpenAccountResponse(AccountId Account, string ApiKey);

/// <summary>GET /v1/account. Amounts in micro-tokens.</summary>
public sealed record AccountResponse(
    AccountId Account, string Name, string Kind, Tokens Available, Tokens Held, Tokens Owed, Tokens InTransit, Tokens Earned, Tokens Spent,
    IReadOnlyList<ApiKeyInfo> ApiKeys, long StoredBytes, long StoredBytesLimit);

/// <summary>An API key without its secret.</summary>
public sealed record ApiKeyInfo(string Id, string Label);

/// <summary>GET /v1/account/receipts: the account's events, oldest first; pass <see cref="Next"/> as <c>?after=</c> for the following page.</summary>
public sealed record AccountReceiptPage(IReadOnlyList<AccountReceiptInfo> Entries, ulong? Next);

/// <summary>One event of an account; <see cref="Index"/> is missing before it is sealed, and the status is pending until a block covers it.</summary>
public sealed record AccountReceiptInfo(ulong SequenceNr, string Manifest, DateTimeOffset At, ulong? Index, string Status);

/// <summary>POST /v1/account/keys.</summary>
public sealed record AddKeyRequest(string Label);

/// <summary>Answer to POST /v1/account/keys; the key is shown here only.</summary>
public sealed record AddKeyResponse(string Id, string ApiKey);
