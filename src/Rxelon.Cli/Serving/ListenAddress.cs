using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Serving;

/// <summary>Where a server listens: an IP address or localhost, port 0 for any; plain http on loopback only.</summary>
internal sealed record ListenAddress(IPEndPoint EndPoint, X509Certificate2? Certificate)
{
    internal string Scheme => Certificate is null ? "http" : "https";

    /// <summary>Reads the address and, for https, the PEM files. Fault: malformed, not-found.</summary>
    internal static Outcome<ListenAddress> Parse(string url, string? certificate, string? key)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var at) || at.Scheme is not ("http" or "https") || at.AbsolutePath != "/"
            || !IPAddress.TryParse(at.Host == "localhost" ? "127.0.0.1" : at.DnsSafeHost, out var address))
            return Refuse($"'{url}' is nothing to listen on; write http://127.0.0.1:PORT, or https:// with an IP address.");
        var end = new IPEndPoint(address, at.Port);
        if (at.Scheme == "http")
            return IPAddress.IsLoopback(address) && certificate is null
                ? new ListenAddress(end, null)
                : Refuse("Plain http is for this machine only: use https:// with --certificate and --certificate-key.");
        if (certificate is null || key is null)
            return Refuse("https needs --certificate and --certificate-key (PEM files).");
        if (!File.Exists(certificate) || !File.Exists(key))
            return new Fault(FaultCodes.NotFound, $"There is no {(File.Exists(certificate) ? key : certificate)}.", Culprit.Input);
        try
        {
            return new ListenAddress(end, X509Certificate2.CreateFromPemFile(certificate, key));
        }
        catch (CryptographicException e)
        {
            return Refuse($"{certificate} and {key} are no certificate and its key: {e.Message}");
        }
    }

    private static Fault Refuse(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}
