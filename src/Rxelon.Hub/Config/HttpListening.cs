using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rxelon.Hub.Http;
using Rxelon.Link.Certificates;

namespace Rxelon.Hub.Config;

/// <summary>Where and how the HTTP server listens.</summary>
internal static class HttpListening
{
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    internal static void Configure(KestrelServerOptions kestrel, HubOptions options, CertificateAuthority authority)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = HttpHosting.MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        var end = HubOptionsRules.EndPoint(options.HttpUrl)!;
        kestrel.Listen(end, listen =>
        {
            if (options.HttpUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                listen.UseHttps(Certificate(options, authority, end.Address));
        });
    }

    private static X509Certificate2 Certificate(HubOptions options, CertificateAuthority authority, IPAddress address)
    {
        if (options.HttpCertificate != HubOptionsRules.OwnAuthority)
            return Spki.Portable(X509Certificate2.CreateFromPemFile(options.HttpCertificate!, options.HttpCertificateKey));
        var names = new List<string> { "localhost", options.EdgePublicHost };
        if (!HubOptionsRules.IsAny(address))
            names.Add(address.ToString());
        if (options.PublicHttpUrl is { } url)
            names.Add(new Uri(url).DnsSafeHost);
        return authority.IssueServer(names.Distinct(StringComparer.OrdinalIgnoreCase).ToList(), CertificateAuthority.ServerLifetime);
    }
}
