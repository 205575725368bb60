using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Shared.Ids;

namespace Rxelon.Link.Certificates;

/// <summary>
/// Decides about a peer's certificate on the link: issued by our CA and no other, in its validity period, for this use, not
/// revoked. The machine's trust store plays no part and nothing is downloaded.
/// </summary>
public sealed class PeerCheck : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly TimeProvider _time;

    private PeerCheck(X509Certificate2 authority, TimeProvider time)
    {
        _authority = authority;
        _time = time;
    }

    /// <summary>Trusts the CA of this certificate (DER).</summary>
    public static PeerCheck ForAuthority(ReadOnlySpan<byte> authorityDer, TimeProvider time)
        => new(X509CertificateLoader.LoadCertificate(authorityDer), time);

    /// <summary>Hub side: null when this is an admissible node certificate, else the reason in plain words.</summary>
    public string? RefuseNode(X509Certificate2? certificate, Func<NodeId, bool> isRevoked, out PeerIdentity? identity)
    {
        identity = null;
        if (Refuse(certificate, KeyUsage.ClientAuth) is { } reason)
            return reason;
        if (!PeerIdentity.TryRead(certificate!, out var read))
            return "the certificate names no node";
        if (isRevoked(read.Node))
            return $"node {read.Node} is revoked";
        identity = read;
        return null;
    }

    /// <summary>
    /// Node side: null when this is the CHS's server, else the reason. Names are not compared: whoever holds a server certificate
    /// of the pinned CA is the CHS, whatever address a home router made of it.
    /// </summary>
    public string? RefuseServer(X509Certificate2? certificate) => Refuse(certificate, KeyUsage.ServerAuth);

    /// <inheritdoc/>
    public void Dispose() => _authority.Dispose();

    private string? Refuse(X509Certificate2? certificate, string usage)
    {
        if (certificate is null)
            return "no certificate was shown";
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.Add(_authority);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        policy.VerificationTimeIgnored = false;
        policy.ApplicationPolicy.Add(new Oid(usage));
        if (!chain.Build(certificate))
            return string.Join("; ", chain.ChainStatus.Select(s => s.Status));
        return chain.ChainElements.Count == 2 ? null : "the certificate was not issued directly by the CA";
    }
}
