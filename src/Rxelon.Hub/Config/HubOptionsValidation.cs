using System.Net;

namespace Rxelon.Hub.Config;

/// <summary>Finds what is wrong with the options before anything starts; each finding begins with the key's name.</summary>
public static class HubOptionsValidation
{
    /// <summary>All findings; empty when the hub may start.</summary>
    public static IReadOnlyList<string> Check(HubOptions o)
    {
        var wrong = new List<string>();
        if (string.IsNullOrWhiteSpace(o.DataDirectory))
            wrong.Add("DataDirectory: say where the hub keeps its data (--data DIR).");
        if (o.Network.Length is 0 or > 64)
            wrong.Add("Network: 1 to 64 characters.");
        CheckHttp(o, wrong);
        if (o.EdgePort is < 0 or > 65535)
            wrong.Add("EdgePort: a port, or 0 to pick one.");
        if (!IPAddress.TryParse(o.EdgeBindHost, out _))
            wrong.Add($"EdgeBindHost: '{o.EdgeBindHost}' is not an IP address to listen on.");
        if (string.IsNullOrWhiteSpace(o.EdgePublicHost))
            wrong.Add("EdgePublicHost: the exact name or address that nodes dial.");
        if (o.MinAskPerCoreHour < 0 || o.MaxAskPerCoreHour < o.MinAskPerCoreHour)
            wrong.Add("MinAskPerCoreHour, MaxAskPerCoreHour: not negative, and the first at most the second.");
        if (o.FeePermille is < 0 or > 1000)
            wrong.Add("FeePermille: 0 to 1000.");
        if (o.QuotaBytes <= 0)
            wrong.Add("QuotaBytes: more than 0.");
        foreach (var (key, value) in Spans(o))
        {
            if (value <= TimeSpan.Zero)
                wrong.Add($"{key}: more than 0.");
        }

        return wrong;
    }

    /// <summary>True when the URL's host is this machine only.</summary>
    public static bool IsLoopback(Uri url)
        => url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private static void CheckHttp(HubOptions o, List<string> wrong)
    {
        if (!Uri.TryCreate(o.HttpUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            wrong.Add($"HttpUrl: '{o.HttpUrl}' is not http://HOST:PORT or https://HOST:PORT.");
            return;
        }

        if (url.Scheme == "http" && !IsLoopback(url))
            wrong.Add($"HttpUrl: plain http on {url.Host} would show API keys to the network; use https with HttpCertificate (\"ca\" for one of the CHS's own authority).");
        if (url.Scheme == "https" && string.IsNullOrEmpty(o.HttpCertificate))
            wrong.Add("HttpCertificate: https needs a PEM certificate and HttpCertificateKey, or \"ca\" for one of the CHS's own authority.");
        if (o.HttpCertificate is { Length: > 0 } and not "ca" && string.IsNullOrEmpty(o.HttpCertificateKey))
            wrong.Add("HttpCertificateKey: the PEM key that goes with HttpCertificate.");
    }

    private static IEnumerable<(string Key, TimeSpan Value)> Spans(HubOptions o) =>
    [
        (nameof(o.PayoutWindow), o.PayoutWindow), (nameof(o.IdleBeat), o.IdleBeat), (nameof(o.BusyBeat), o.BusyBeat),
        (nameof(o.SuspectAfter), o.SuspectAfter), (nameof(o.LostAfter), o.LostAfter), (nameof(o.MaxClockSkew), o.MaxClockSkew),
    ];
}
