using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Blobs;

/// <summary>What one capability path allows: one verb on one blob, for uploads on one account's quota.</summary>
public sealed record BlobCapability(string Verb, BlobRef Blob, AccountId? Owner, DateTimeOffset Expires);

/// <summary>
/// Capability paths <c>/b/{id}?verb=&amp;size=&amp;exp=&amp;owner=&amp;sig=</c>. The signature is HMAC-SHA256, under a key that only this
/// data directory has, over <c>rx/cap/v1</c>, verb, id, size, expiry (Unix seconds) and owner, each on a line.
/// </summary>
public sealed class CapabilityUrls : ICapabilityUrls
{
    /// <summary>Reads the blob.</summary>
    public const string ReadVerb = "GET";

    /// <summary>Stores the blob.</summary>
    public const string StoreVerb = "PUT";

    private readonly byte[] _key;
    private readonly Func<string> _baseUrl;
    private readonly TimeProvider _time;

    private CapabilityUrls(byte[] key, Func<string> baseUrl, TimeProvider time)
    {
        _key = key;
        _baseUrl = baseUrl;
        _time = time;
    }

    /// <inheritdoc/>
    public string BaseUrl => _baseUrl();

    /// <summary>Opens the directory's key (<c>capability.key</c>, mode 0600) or makes one. A damaged key stops the hub.</summary>
    public static CapabilityUrls Open(string directory, Func<string> baseUrl, TimeProvider time)
        => new(SecretKey.OpenOrCreate(Path.Combine(directory, "capability.key")), baseUrl, time);

    /// <inheritdoc/>
    public string Get(BlobRef blob, TimeSpan lifetime) => PathOf(new BlobCapability(ReadVerb, blob, null, _time.GetUtcNow() + lifetime));

    /// <inheritdoc/>
    public string Put(AccountId owner, BlobRef blob, TimeSpan lifetime)
        => PathOf(new BlobCapability(StoreVerb, blob, owner, _time.GetUtcNow() + lifetime));

    /// <summary>
    /// Reads the pieces of a path back. Fault: forbidden when the signature is not ours or anything in it was changed,
    /// token-expired when its time is over.
    /// </summary>
    public Outcome<BlobCapability> Check(BlobId id, string? verb, string? size, string? expires, string? owner, string? signature)
    {
        AccountId? account = null;
        if (!string.IsNullOrEmpty(owner))
        {
            if (!AccountId.TryParse(owner, out var parsed))
                return Forged;
            account = parsed;
        }

        if (verb is not (ReadVerb or StoreVerb) || (verb == StoreVerb) != account.HasValue
            || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            || !long.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out var until)
            || until > DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            || signature is not { Length: 2 * HMACSHA256.HashSizeInBytes } || !signature.All(char.IsAsciiHexDigitLower))
            return Forged;
        var capability = new BlobCapability(verb, new BlobRef(id, bytes), account, DateTimeOffset.FromUnixTimeSeconds(until));
        if (!CryptographicOperations.FixedTimeEquals(Convert.FromHexString(signature), Sign(capability)))
            return Forged;
        return capability.Expires > _time.GetUtcNow()
            ? capability
            : new Fault(FaultCodes.TokenExpired, "This path is no longer valid; ask for a fresh one.", Culprit.None, Retryable: true);
    }

    private static Fault Forged { get; } = new(FaultCodes.Forbidden, "This path was not given out by this hub.", Culprit.Input);

    private string PathOf(BlobCapability c)
    {
        var owner = c.Owner is { } account ? $"&owner={account}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"/b/{c.Blob.Id}?verb={c.Verb}&size={c.Blob.Size}&exp={c.Expires.ToUnixTimeSeconds()}{owner}&sig={Convert.ToHexStringLower(Sign(c))}");
    }

    private byte[] Sign(BlobCapability c)
        => HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"rx/cap/v1\n{c.Verb}\n{c.Blob.Id}\n{c.Blob.Size}\n{c.Expires.ToUnixTimeSeconds()}\n{c.Owner?.ToString() ?? "-"}")));
}
