using Rxelon.Domain.Accounts;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>Opening, showing and closing accounts, and their API keys.</summary>
internal static class AccountsEndpoints
{
    internal const string OpeningLimit = "open-account";
    private const int MaxText = 64;

    internal static void MapAccounts(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1/accounts", OpenAsync).Accepts<OpenAccountRequest>("application/json").Produces<OpenAccountResponse>(201)
            .RequireRateLimiting(OpeningLimit)
            .WithSummary("Open an account, or get a further API key for it. Signed by the account's key; the API key is shown here only.");
        api.MapGet("/v1/account", ShowAsync).WithMetadata(NeedsAccount.Instance).Produces<AccountResponse>()
            .WithSummary("The caller's account: balances, API keys without their secrets, stored bytes.");
        api.MapDelete("/v1/account", (Caller caller, AccountClosing closing, CancellationToken cancel) => closing.CloseAsync(caller.Account, cancel))
            .WithMetadata(NeedsAccount.Instance).Produces(204)
            .WithSummary("Cancel and erase all tasks, delete all blobs and close the account for good. Repeat while it answers not-yet.");
        api.MapPost("/v1/account/keys", AddKeyAsync).WithMetadata(NeedsAccount.Instance).Accepts<AddKeyRequest>("application/json")
            .Produces<AddKeyResponse>(201).WithSummary("A further API key; it is shown here only.");
        api.MapDelete("/v1/account/keys/{keyId}", RemoveKeyAsync).WithMetadata(NeedsAccount.Instance).Produces(204)
            .WithSummary("Remove an API key; it stops working at once.");
    }

    private static async Task<IResult> OpenAsync(
        JsonBody<OpenAccountRequest> body, HubCalls calls, ApiKeys keys, HubOptions options, TimeProvider time, CancellationToken cancel)
    {
        var request = body.Value;
        AccountKind? kind = request.Kind switch { "user" => AccountKind.User, "operator" => AccountKind.Operator, _ => null };
        if (kind is null)
            return Refuse("kind", "kind is \"user\" or \"operator\".");
        if (!IsText(request.Name))
            return Refuse("name", $"name has 1 to {MaxText} printable characters.");
        if (request.SigningKey.Length != Signatures.PublicKeySize)
            return Refuse("signingKey", "signingKey is an Ed25519 public key of 32 bytes.");
        if (!ExchangeKeyPair.IsUsablePublicKey(request.ExchangeKey))
            return Refuse("exchangeKey", "exchangeKey is an X25519 public key of 32 bytes.");
        var now = time.GetUtcNow();
        if ((now - DateTimeOffset.UnixEpoch).TotalMilliseconds - request.UnixMillis is var late && Math.Abs(late) > options.MaxClockSkew.TotalMilliseconds)
        {
            return Answers.Problem(
                new Fault(
                    FaultCodes.ClockSkew,
                    $"The request says {request.UnixMillis} ms since 1970, the hub's clock {now.ToUnixTimeMilliseconds()} ms; set the clock right.",
                    Culprit.Input),
                "unixMillis");
        }

        var statement = SignedStatements.OpenAccount(request.SigningKey, request.ExchangeKey, request.UnixMillis);
        if (!Signatures.Verify(request.SigningKey, statement, request.Signature))
            return Answers.Problem(new Fault(FaultCodes.BadSignature, "signature is not one by signingKey over this request.", Culprit.Input), "signature");
        var account = AccountId.OfSigningKey(request.SigningKey);
        var (hash, text) = ApiKeys.New(account, "first");
        var reply = await calls.AskAsync(
            new OpenAccount(account, request.Name, kind.Value, request.SigningKey, request.ExchangeKey, hash, now, new(request.UnixMillis, request.Signature)), cancel);
        keys.Forget(account);
        return reply is AccountRefused refused
            ? Answers.Problem(refused.Fault)
            : Answers.Json(new OpenAccountResponse(account, text), StatusCodes.Status201Created);
    }

    private static async Task<IResult> ShowAsync(
        Caller caller, HubCalls calls, IBlobStore blobs, HubOptions options, TimeProvider time, CancellationToken cancel)
    {
        if (await calls.AskAsync(new GetAccount(caller.Account, time.GetUtcNow()), cancel) is not AccountView a)
            return Answers.Problem(new Fault(FaultCodes.NotFound, "There is no such account."));
        return Answers.Json(new AccountResponse(
            a.Account, a.Name, a.Kind.ToString(), a.Available, a.Held, a.Owed, a.InTransit, a.Earned, a.Spent,
            [.. a.ApiKeys.Select(k => new ApiKeyInfo(k.Id, k.Label))], await blobs.StoredBytesAsync(a.Account, cancel), options.QuotaBytes));
    }

    private static async Task<IResult> AddKeyAsync(
        JsonBody<AddKeyRequest> body, Caller caller, HubCalls calls, ApiKeys keys, TimeProvider time, CancellationToken cancel)
    {
        if (!IsText(body.Value.Label))
            return Refuse("label", $"label has 1 to {MaxText} printable characters.");
        var (hash, text) = ApiKeys.New(caller.Account, body.Value.Label);
        var reply = await calls.AskAsync(new AddApiKey(caller.Account, hash, time.GetUtcNow()), cancel);
        keys.Forget(caller.Account);
        return reply is AccountRefused refused
            ? Answers.Problem(refused.Fault)
            : Answers.Json(new AddKeyResponse(hash.Id, text), StatusCodes.Status201Created);
    }

    private static async Task<IResult> RemoveKeyAsync(
        string keyId, Caller caller, HubCalls calls, ApiKeys keys, TimeProvider time, CancellationToken cancel)
    {
        var reply = await calls.AskAsync(new RemoveApiKey(caller.Account, keyId, time.GetUtcNow()), cancel);
        keys.Forget(caller.Account);
        return reply is AccountRefused refused ? Answers.Problem(refused.Fault) : Results.NoContent();
    }

    internal static bool IsText(string text) => text.Length is > 0 and <= MaxText && !text.Any(char.IsControl);

    private static IResult Refuse(string field, string why) => Answers.Problem(new Fault(FaultCodes.Malformed, why, Culprit.Input), field);
}
