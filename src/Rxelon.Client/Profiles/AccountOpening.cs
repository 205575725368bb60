using Rxelon.Client.Hub;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Profiles;

/// <summary>Opens accounts: makes the keys here and proves to the hub that they are held.</summary>
public static class AccountOpening
{
    /// <summary>Opens an account with fresh keys, or gets a further API key when <paramref name="keys"/> are known already.</summary>
    public static async Task<Outcome<AccountKeys>> OpenAsync(
        HubClient hub, AccountKeys keys, string name, string kind, TimeProvider time, CancellationToken ct = default)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var signature = keys.Signing.Sign(SignedStatements.OpenAccount(keys.Signing.PublicKey, keys.Exchange.PublicKey, now));
        var answer = await hub.OpenAccountAsync(
            new OpenAccountRequest(name, kind, keys.Signing.PublicKey, keys.Exchange.PublicKey, now, signature), ct).ConfigureAwait(false);
        if (answer.Fault is { } fault)
            return fault;
        return answer.Value.Account == keys.Account
            ? keys.With(answer.Value.ApiKey)
            : new Fault(FaultCodes.Malformed, "The hub opened another account than the one asked for.", Culprit.Hub);
    }
}
