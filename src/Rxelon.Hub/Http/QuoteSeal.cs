using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Rxelon.Hub.Config;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Http;

/// <summary>The demand multiplier (thousandths) that a quote promised an account for a task of so many parts.</summary>
internal readonly record struct AgreedDemand(AccountId Account, int Parts, int DemandPermille);

/// <summary>
/// Quotes that hold for a while, although the hub remembers none: base64url of demand, parts, expiry (Unix seconds) and an
/// HMAC-SHA256 over them and the account, under a key of this data directory. Between a quote and its submission others submit
/// too; without the promise, the demand they make would push every node above a budget that was signed a moment before.
/// </summary>
internal sealed class QuoteSeal
{
    private const int ClaimSize = sizeof(int) + sizeof(int) + sizeof(long);
    private const int TokenSize = ClaimSize + HMACSHA256.HashSizeInBytes;
    private readonly byte[] _key;
    private readonly HubOptions _options;
    private readonly TimeProvider _time;

    public QuoteSeal(HubOptions options, TimeProvider time)
    {
        _key = SecretKey.OpenOrCreate(Path.Combine(options.DataDirectory, "quote.key"));
        _options = options;
        _time = time;
    }

    internal (string Token, DateTimeOffset Until) Seal(AgreedDemand agreed)
    {
        var until = _time.GetUtcNow() + _options.QuoteLifetime;
        Span<byte> token = stackalloc byte[TokenSize];
        BinaryPrimitives.WriteInt32BigEndian(token, agreed.DemandPermille);
        BinaryPrimitives.WriteInt32BigEndian(token[4..], agreed.Parts);
        BinaryPrimitives.WriteInt64BigEndian(token[8..], until.ToUnixTimeSeconds());
        Sign(token[..ClaimSize], agreed.Account, token[ClaimSize..]);
        return (Base64Url.EncodeToString(token), DateTimeOffset.FromUnixTimeSeconds(until.ToUnixTimeSeconds()));
    }

    /// <summary>The promised multiplier; null when there is no token, it is not ours, for somebody or something else, or over.</summary>
    internal int? Open(string? text, AccountId account, int parts)
    {
        Span<byte> token = stackalloc byte[TokenSize];
        if (text is null || text.Length > 2 * TokenSize || !Base64Url.IsValid(text, out var length) || length != TokenSize)
            return null;
        Base64Url.DecodeFromChars(text, token);
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(token[..ClaimSize], account, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, token[ClaimSize..])
            || BinaryPrimitives.ReadInt32BigEndian(token[4..]) != parts
            || BinaryPrimitives.ReadInt64BigEndian(token[8..]) < _time.GetUtcNow().ToUnixTimeSeconds())
            return null;
        return BinaryPrimitives.ReadInt32BigEndian(token);
    }

    private void Sign(ReadOnlySpan<byte> claim, AccountId account, Span<byte> mac)
        => HMACSHA256.HashData(_key, [.. "rx/quote/v1"u8, .. account.ToBytes(), .. claim], mac);
}
