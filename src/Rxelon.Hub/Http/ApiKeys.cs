using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Domain.Accounts;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Http;

/// <summary>
/// API keys <c>rxk_{account}_{keyId}_{secret}</c>. The hub keeps SHA-256 of the secret. What an account said of its keys is
/// believed for a short while, so that requests do not each wake it; removing a key forgets it here at once.
/// </summary>
internal sealed class ApiKeys(HubCalls calls, TimeProvider time)
{
    private const string Prefix = "rxk";
    private const int MaxRemembered = 10_000;
    private const int SecretBytes = 20;
    private const int KeyIdBytes = 5;
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<AccountId, (AccountView View, DateTimeOffset Until)> _remembered = new();

    // An answer that was under way while something was forgotten may be the old one: it is used, not remembered.
    private long _forgotten;

    /// <summary>A fresh key: what the account keeps, and the text that is shown once.</summary>
    internal static (ApiKeyHash Hash, string Text) New(AccountId account, string label)
    {
        var id = Base32.Encode(RandomNumberGenerator.GetBytes(KeyIdBytes));
        var secret = Base32.Encode(RandomNumberGenerator.GetBytes(SecretBytes));
        return (new ApiKeyHash(id, Hash(secret), label), $"{Prefix}_{account}_{id}_{secret}");
    }

    /// <summary>The account whose key this is, or null; with <paramref name="rememberedOnly"/> no account is asked.</summary>
    internal async Task<AccountView?> FindAsync(string key, bool rememberedOnly, CancellationToken cancel)
    {
        // Account ids have an underscore of their own: rxk _ a _ xxx _ id _ secret.
        if (key.Split('_') is not [Prefix, var kind, var rest, var id, var secret] || !AccountId.TryParse($"{kind}_{rest}", out var account))
            return null;
        var view = await ViewAsync(account, rememberedOnly, cancel).ConfigureAwait(false);
        var known = view is { Closed: false } ? view.ApiKeys.FirstOrDefault(k => k.Id == id) : null;
        return known is not null && CryptographicOperations.FixedTimeEquals(known.SecretSha256, Hash(secret)) ? view : null;
    }

    /// <summary>The account's keys changed, or it was closed.</summary>
    internal void Forget(AccountId account)
    {
        Interlocked.Increment(ref _forgotten);
        _remembered.TryRemove(account, out _);
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private async Task<AccountView?> ViewAsync(AccountId account, bool rememberedOnly, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (_remembered.TryGetValue(account, out var remembered) && remembered.Until > now)
            return remembered.View;
        var forgotten = Interlocked.Read(ref _forgotten);
        if (rememberedOnly || await calls.AskAsync(new GetAccount(account, now), cancel).ConfigureAwait(false) is not AccountView view)
            return null;
        if (_remembered.Count >= MaxRemembered)
            _remembered.Clear();
        if (forgotten == Interlocked.Read(ref _forgotten))
            _remembered[account] = (view, now + Believed);
        return view;
    }
}
