using System.Net;
using System.Text;
using Rxelon.Hub.Admin;

namespace Rxelon.Hub.Config;

/// <summary>What <see cref="HubOptions"/> may say. Each finding begins with the key as it stands in configuration.</summary>
internal static class HubOptionsRules
{
    /// <summary>The word for a certificate by the CHS's own CA.</summary>
    internal const string OwnAuthority = "ca";

    // A Unix socket's path has a fixed room in the kernel's structure: 108 bytes with the final zero.
    private const int MaxSocketPath = 107;

    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html: one PUT and one copy take up to 5 GiB.
    private const long MostS3Bytes = 5L << 30;

    internal static IReadOnlyList<string> Check(HubOptions o)
        => [.. Places(o).Concat(Http(o)).Concat(Blobs(o)).Concat(Numbers(o)).Select(finding => $"Hub:{finding}")];

    /// <summary>The address and port to listen on; null when the URL does not name one.</summary>
    internal static IPEndPoint? EndPoint(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
            return null;
        var address = parsed.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(parsed.DnsSafeHost, out var ip) ? ip : null;
        return address is null ? null : new IPEndPoint(address, parsed.Port);
    }

    internal static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IEnumerable<string> Places(HubOptions o)
    {
        if (string.IsNullOrWhiteSpace(o.DataDirectory))
            yield return "DataDirectory: name the directory that holds the hub's state (--data DIR).";
        else if (Encoding.UTF8.GetByteCount(Path.GetFullPath(Path.Combine(o.DataDirectory, AdminHosting.SocketName))) > MaxSocketPath)
            yield return $"DataDirectory: the path is too long for the admin's socket in it ({MaxSocketPath} bytes with its name); use a shorter one.";
        if (o.Network.Length is 0 or > 64 || o.Network.Any(c => char.IsControl(c) || c is ',' or '"' or '\\'))
            yield return "Network: 1 to 64 characters without control characters, commas, quotes and backslashes.";
        if (string.IsNullOrWhiteSpace(o.EdgePublicHost) || IPAddress.TryParse(o.EdgePublicHost, out var ip) && IsAny(ip))
            yield return "EdgePublicHost: the name or address that nodes dial (--public-edge HOST); 0.0.0.0 is none.";
        if (!IPAddress.TryParse(o.EdgeBindHost, out _))
            yield return "EdgeBindHost: the IP address to listen on for nodes.";
    }

    private static IEnumerable<string> Http(HubOptions o)
    {
        if (EndPoint(o.HttpUrl) is not { } end)
        {
            yield return $"HttpUrl: '{o.HttpUrl}' is not http or https with an IP address (or localhost) to listen on, such as https://0.0.0.0:7600.";
            yield break;
        }

        var plain = o.HttpUrl.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
        if (plain && !IPAddress.IsLoopback(end.Address))
            yield return $"HttpUrl: plain http is for this machine only, and {end.Address} is not; use https:// with HttpCertificate (\"{OwnAuthority}\" makes one).";
        if (!plain && string.IsNullOrEmpty(o.HttpCertificate))
            yield return $"HttpCertificate: https needs a PEM file, or \"{OwnAuthority}\" for a certificate by this network's own CA.";
        if (!plain && o.HttpCertificate is { Length: > 0 } file && file != OwnAuthority)
        {
            if (!File.Exists(file))
                yield return $"HttpCertificate: there is no file {file}.";
            if (!File.Exists(o.HttpCertificateKey))
                yield return "HttpCertificateKey: the PEM file of the certificate's key is missing.";
        }

        if (o.PublicHttpUrl is null && IsAny(end.Address))
            yield return "PublicHttpUrl: when the hub listens on every address, say under which URL nodes reach it (--public-http URL).";
        if (o.PublicHttpUrl is not null && (!Uri.TryCreate(o.PublicHttpUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
            yield return $"PublicHttpUrl: '{o.PublicHttpUrl}' is not a URL.";
    }

    private static IEnumerable<string> Blobs(HubOptions o)
    {
        if (o.Blobs == "folder")
            yield break;
        if (o.Blobs != HubOptions.BlobsInS3)
        {
            yield return $"Blobs: '{o.Blobs}' is neither folder nor {HubOptions.BlobsInS3}.";
            yield break;
        }

        if (!Uri.TryCreate(o.S3Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
            yield return "S3Endpoint: the URL of the store, such as https://s3.example.org.";
        else if (endpoint.Scheme == Uri.UriSchemeHttp && !endpoint.IsLoopback)
            yield return "S3Endpoint: plain http is for this machine only; use https://.";
        if (string.IsNullOrWhiteSpace(o.S3Bucket))
            yield return "S3Bucket: the name of an existing bucket.";
        if (o.S3Prefix.Length > 0 && (!o.S3Prefix.EndsWith('/') || o.S3Prefix.StartsWith('/') || o.S3Prefix.Any(char.IsControl)))
            yield return "S3Prefix: empty, or a path that ends in / and does not begin with it, such as rxelon/.";
        if (o.MaxPartBytes > MostS3Bytes)
            yield return $"MaxPartBytes: at most {MostS3Bytes} with blobs in S3, the largest object that is stored in one piece.";
    }

    private static IEnumerable<string> Numbers(HubOptions o)
    {
        if (o.EdgePort is < 0 or > 65535)
            yield return "EdgePort: 0 to 65535.";
        if (o.ClusterPort is < 0 or > 65535)
            yield return "ClusterPort: 0 to 65535.";
        if (o.MinAskPerCoreHour < 1 || o.MaxAskPerCoreHour < o.MinAskPerCoreHour || o.MaxAskPerCoreHour > 1_000_000_000_000)
            yield return "MinAskPerCoreHour, MaxAskPerCoreHour: from 1 to 10^12 micro-tokens, the least not above the most.";
        if (o.AssumedAskPerCoreHour < 1)
            yield return "AssumedAskPerCoreHour: at least 1 micro-token.";
        if (o.FeePermille is < 0 or > 1000)
            yield return "FeePermille: 0 to 1000.";
        if (o.QuotaBytes < 1)
            yield return "QuotaBytes: at least 1.";
        if (o.DiskReserveBytes < 0)
            yield return "DiskReserveBytes: 0 (none) or more.";
        if (o.MaxPartBytes < 1)
            yield return "MaxPartBytes: at least 1.";
        if (o.LedgerOrigin is { } origin && (origin.Length is 0 or > 200 || origin.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c))))
            yield return "LedgerOrigin: a name of up to 200 characters without blanks and plus signs, such as hub.example.org/ledger.";
        if (o.LedgerPolicy is { } policy && !File.Exists(policy))
            yield return $"LedgerPolicy: there is no file {policy}.";
        if (o.AllowedClients.FirstOrDefault(d => d.Length != 64 || !d.All(char.IsAsciiHexDigit)) is { } digest)
            yield return $"AllowedClients: '{digest}' is not a digest of 64 hex digits (rxelon-node measure shows it).";
        if (o.AccountsPerAddress < 1)
            yield return "AccountsPerAddress: at least 1.";
        foreach (var (key, span) in (IEnumerable<(string, TimeSpan)>)
            [
                (nameof(o.PayoutWindow), o.PayoutWindow), (nameof(o.QuoteLifetime), o.QuoteLifetime), (nameof(o.IdleBeat), o.IdleBeat), (nameof(o.BusyBeat), o.BusyBeat),
                (nameof(o.SuspectAfter), o.SuspectAfter), (nameof(o.LostAfter), o.LostAfter), (nameof(o.MaxClockSkew), o.MaxClockSkew), (nameof(o.LedgerBatch), o.LedgerBatch),
                (nameof(o.ChallengeEvery), o.ChallengeEvery), (nameof(o.ChallengeDeadline), o.ChallengeDeadline), (nameof(o.LedgerCheckpoint), o.LedgerCheckpoint),
                (nameof(o.LedgerRewitness), o.LedgerRewitness), (nameof(o.LedgerWitnessTimeout), o.LedgerWitnessTimeout), (nameof(o.LogSweep), o.LogSweep),
            ])
        {
            if (span <= TimeSpan.Zero || span > TimeSpan.FromDays(1))
                yield return $"{key}: more than nothing and at most a day, such as 00:00:10.";
        }

        if (o.LostAfter < o.SuspectAfter)
            yield return "LostAfter: not shorter than SuspectAfter.";
    }
}
