using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Link.Certificates;
using Rxelon.Link.Tests.Support;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Link.Tests.Certificates;

public sealed class AuthoritySpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rxelon-ca-").FullName;
    private readonly CertificateAuthority _authority;

    public AuthoritySpecs() => _authority = CertificateAuthority.OpenOrCreate(_directory, "test", TimeProvider.System);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Opening_again_gives_the_same_authority_and_its_key_is_private()
    {
        using var again = CertificateAuthority.OpenOrCreate(_directory, "other", TimeProvider.System);

        Assert.Equal(_authority.Fingerprint, again.Fingerprint);
        Assert.Equal(_authority.CertificateDer, again.CertificateDer);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "ca.key")));
    }

    [Fact]
    public void A_node_certificate_names_node_and_label_and_is_accepted()
    {
        var credentials = Credentials.Issue(_authority);
        using var check = PeerCheck.ForAuthority(_authority.CertificateDer, TimeProvider.System);

        Assert.Null(check.RefuseNode(credentials.Certificate, _ => false, out var identity));
        Assert.Equal(new PeerIdentity(credentials.Node, credentials.Label), identity);
        Assert.NotNull(check.RefuseNode(credentials.Certificate, node => node == credentials.Node, out _));
        Assert.NotNull(check.RefuseServer(credentials.Certificate));
    }

    [Fact]
    public void A_certificate_before_or_after_its_time_is_refused()
    {
        var credentials = Credentials.Issue(_authority);
        using var late = PeerCheck.ForAuthority(_authority.CertificateDer, new ShiftedTime(CertificateAuthority.NodeLifetime + TimeSpan.FromHours(1)));
        using var early = PeerCheck.ForAuthority(_authority.CertificateDer, new ShiftedTime(TimeSpan.FromHours(-2)));

        Assert.NotNull(late.RefuseNode(credentials.Certificate, _ => false, out _));
        Assert.NotNull(early.RefuseNode(credentials.Certificate, _ => false, out _));
    }

    [Fact]
    public void Neither_a_self_signed_certificate_nor_the_authoritys_own_nor_a_nodes_child_is_a_node()
    {
        var credentials = Credentials.Issue(_authority);
        using var check = PeerCheck.ForAuthority(_authority.CertificateDer, TimeProvider.System);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={credentials.Node}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(LinkNames.DnsName(credentials.Label));
        request.CertificateExtensions.Add(names.Build());
        using var self = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var child = request.Create(
            credentials.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(credentials.Certificate.GetECDsaPrivateKey()!),
            DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3]);
        using var authority = X509CertificateLoader.LoadCertificate(_authority.CertificateDer);

        foreach (var certificate in new[] { self, child, authority, null })
            Assert.NotNull(check.RefuseNode(certificate, _ => false, out _));
    }

    [Fact]
    public void Only_p256_keys_get_a_certificate()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        var node = NodeId.FromBytes(RandomNumberGenerator.GetBytes(16));

        foreach (var spki in new[] { p384.ExportSubjectPublicKeyInfo(), rsa.ExportSubjectPublicKeyInfo(), [1, 2, 3], [] })
            Assert.Equal(FaultCodes.Malformed, _authority.IssueNode(node, LinkNames.NewLabel(), spki, TimeSpan.FromDays(1)).Fault?.Code);
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
