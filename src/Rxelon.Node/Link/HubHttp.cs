using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Link;

/// <summary>HTTPS towards the CHS: its own CA is believed besides the machine's trust store, and nothing else.</summary>
internal static class HubHttp
{
    /// <summary>A handler that believes servers vouched for by this CA (DER). The caller disposes it.</summary>
    internal static SocketsHttpHandler Handler(byte[] caDer, TimeProvider time)
    {
        var check = PeerCheck.ForAuthority(caDer, time);
        return Handler((certificate, errors) => errors == SslPolicyErrors.None || check.RefuseServer(certificate) is null);
    }

    /// <summary>For the one request that fetches the CA: its answer proves itself by its fingerprint.</summary>
    internal static SocketsHttpHandler UncheckedHandler() => Handler((_, _) => true);

    /// <summary>Plain http is for loopback only.</summary>
    internal static Fault? RefuseUrl(Uri url)
        => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)
            ? null
            : new Fault(FaultCodes.Malformed, $"{url}: use https (plain http is for this machine only).", Culprit.Input);

    private static SocketsHttpHandler Handler(Func<X509Certificate2?, SslPolicyErrors, bool> accept) => new()
    {
        AllowAutoRedirect = false,
        Expect100ContinueTimeout = TimeSpan.FromSeconds(10),
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => accept(certificate as X509Certificate2, errors),
        },
    };
}
