using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Link.Certificates;

/// <summary>
/// The CHS's own certificate authority (ECDSA P-256): it vouches for nodes on the link and for the CHS's servers, and nobody else
/// is believed on the link. Nodes and clients pin <see cref="Fingerprint"/>. Made once per data directory:
/// <c>ca.key</c> (PKCS#8, mode 0600) and <c>ca.der</c>. Safe for concurrent use.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How long a node's certificate lasts; a node renews when a third is left.</summary>
    public static readonly TimeSpan NodeLifetime = TimeSpan.FromDays(30);

    /// <summary>How long a server certificate lasts; a new one is made at every start.</summary>
    public static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(365);

    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    // Peers' clocks may be behind: a certificate must already be valid for them.
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, TimeProvider time)
    {
        Certificate = certificate;
        Fingerprint = Spki.Fingerprint(certificate);
        _time = time;
    }

    /// <summary>The CA's certificate with its key; hand out <see cref="CertificateDer"/> only.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>The CA's certificate for others, DER.</summary>
    public byte[] CertificateDer => Certificate.RawData;

    /// <summary>SHA-256 of the CA's public key (SPKI DER), 64 lower-case hex digits: what join tokens carry.</summary>
    public string Fingerprint { get; }

    /// <summary>Opens the directory's CA or makes one. Throws when a file is damaged; never replaces an existing key.</summary>
    public static CertificateAuthority OpenOrCreate(string directory, string network, TimeProvider time)
    {
        Directory.CreateDirectory(directory);
        var keyFile = Path.Combine(directory, "ca.key");
        var certificateFile = Path.Combine(directory, "ca.der");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(keyFile))
            key.ImportPkcs8PrivateKey(File.ReadAllBytes(keyFile), out _);
        else
            PrivateFile.Write(keyFile, key.ExportPkcs8PrivateKey());
        if (!File.Exists(certificateFile))
            PrivateFile.Write(certificateFile, SelfSign(key, network, time.GetUtcNow()));
        using var bare = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
        return new CertificateAuthority(bare.CopyWithPrivateKey(key), time);
    }

    /// <summary>
    /// A certificate for a node's link. <paramref name="spki"/> is the DER of its ECDSA P-256 public key; anything else is a
    /// malformed fault.
    /// </summary>
    public Outcome<byte[]> IssueNode(NodeId node, string label, ReadOnlySpan<byte> spki, TimeSpan lifetime)
    {
        if (!LinkNames.IsLabel(label))
            throw new ArgumentException("A label is 26 base32 characters.", nameof(label));
        if (!Spki.IsP256(spki))
            return new Fault(FaultCodes.Malformed, "The TLS key must be an ECDSA P-256 public key (SPKI DER).", Culprit.Input);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN={node}"), PublicKey.CreateFromSubjectPublicKeyInfo(spki, out _), HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(LinkNames.DnsName(label));
        AddLeafExtensions(request, names, KeyUsage.ClientAuth);
        using var issued = Issue(request, lifetime);
        return issued.RawData;
    }

    /// <summary>A certificate with its key for one of the CHS's servers (edge, https), valid for these DNS names and addresses.</summary>
    public X509Certificate2 IssueServer(IReadOnlyCollection<string> names, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={names.First()}"), key, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                san.AddIpAddress(address);
            else
                san.AddDnsName(name);
        }

        AddLeafExtensions(request, san, KeyUsage.ServerAuth);
        using var bare = Issue(request, lifetime);
        using var full = bare.CopyWithPrivateKey(key);
        return Spki.Portable(full);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private X509Certificate2 Issue(CertificateRequest request, TimeSpan lifetime)
    {
        var now = _time.GetUtcNow();
        var until = now + lifetime < Certificate.NotAfter ? now + lifetime : Certificate.NotAfter;
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x01);
        return request.Create(Certificate, now - Backdating, until, serial);
    }

    private static void AddLeafExtensions(CertificateRequest request, SubjectAlternativeNameBuilder names, string usage)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        request.CertificateExtensions.Add(names.Build());
    }

    private static byte[] SelfSign(ECDsa key, string network, DateTimeOffset now)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName($"{network} CHS");
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(now - Backdating, now + AuthorityLifetime);
        return certificate.RawData;
    }
}
