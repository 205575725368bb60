using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rxelon.Client.Hub;

/// <summary>
/// Believes exactly one certificate authority: the one whose public key (SPKI) has the pinned SHA-256. TLS servers do not send
/// their root, so it is asked for at <c>/v1/ca</c> first; anybody may answer that, for the pin decides.
/// </summary>
internal sealed class PinnedAuthority(string fingerprint)
{
    internal const string Path = "v1/ca";

    private X509Certificate2? _authority;

    /// <summary>Fetches the authority once; false when nothing of that fingerprint was offered.</summary>
    internal async Task<bool> LearnAsync(Uri hub, CancellationToken ct)
    {
        if (Volatile.Read(ref _authority) is not null)
            return true;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, chain, _) =>
        {
            Remember(chain);
            return true;
        };
        using var client = new HttpClient(handler) { BaseAddress = hub };
        var offered = await client.GetByteArrayAsync(Path, ct).ConfigureAwait(false);
        try
        {
            Consider(X509CertificateLoader.LoadCertificate(offered));
        }
        catch (CryptographicException)
        {
            return Volatile.Read(ref _authority) is not null;
        }

        return Volatile.Read(ref _authority) is not null;
    }

    /// <summary>The name must match, and the chain must end in the pinned authority.</summary>
    internal bool Accepts(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        Remember(presented);
        if (certificate is null || Volatile.Read(ref _authority) is not { } authority
            || (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) != 0)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(leaf) && IsPinned(chain.ChainElements[^1].Certificate);
    }

    private void Remember(X509Chain? chain)
    {
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            Consider(X509CertificateLoader.LoadCertificate(element.Certificate.RawData));
    }

    private void Consider(X509Certificate2 certificate)
    {
        if (!IsPinned(certificate) || Interlocked.CompareExchange(ref _authority, certificate, null) is not null)
            certificate.Dispose();
    }

    private bool IsPinned(X509Certificate2 certificate)
        => CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()), Convert.FromHexString(fingerprint));
}
