using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rxelon.Hub.Enrolment;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

[Collection(HubCollection.Name)]
public sealed class EnrolSpecs(RunningHub hub)
{
    [Fact]
    public async Task A_token_makes_a_node_with_a_certificate_of_this_network()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        using var identity = SigningKeyPair.Generate();
        var enrolled = (await EnrolAsync(Token(user), identity)).AssertStatus(200).Read<EnrolResponse>();
        Assert.Equal(NodeId.OfIdentityKey(identity.PublicKey), enrolled.Node);
        Assert.Equal(user.Account, enrolled.Operator);
        Assert.True(enrolled.Approved);
        Assert.Equal(hub.Host.Addresses.EdgePort, enrolled.EdgePort);
        using var certificate = X509CertificateLoader.LoadCertificate(enrolled.Certificate);
        using var check = PeerCheck.ForAuthority(enrolled.CaCertificate, TimeProvider.System);
        Assert.Null(check.RefuseNode(certificate, _ => false, out var who));
        Assert.Equal((enrolled.Node, enrolled.Label), (who!.Node, who.Label));
        using var authority = X509CertificateLoader.LoadCertificate((await user.GetAsync("/v1/ca")).AssertStatus(200).Body);
        Assert.Equal((await user.GetAsync("/v1/info")).Read<HubInfo>().CaFingerprint, Spki.Fingerprint(authority));

        var shown = (await user.GetAsync($"/v1/nodes/{enrolled.Node}")).AssertStatus(200).Read<NodeInfo>();
        Assert.Equal(("box", "Active", false), (shown.Name, shown.Standing, shown.Online));
        await Eventually.Async(
            async () => (await user.GetAsync("/v1/nodes")).Read<NodeInfo[]>(), nodes => nodes.Any(n => n.Node == enrolled.Node));
    }

    [Fact]
    public async Task A_token_enrols_one_node_and_may_be_repeated_by_it_only()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        using var identity = SigningKeyPair.Generate();
        using var second = SigningKeyPair.Generate();
        var token = Token(user);
        var first = (await EnrolAsync(token, identity)).AssertStatus(200).Read<EnrolResponse>();
        Assert.Equal(first.Label, (await EnrolAsync(token, identity)).AssertStatus(200).Read<EnrolResponse>().Label);
        (await EnrolAsync(token, second)).AssertProblem(403, FaultCodes.TokenUsed, "token");
    }

    [Fact]
    public async Task An_expired_or_unknown_token_is_told_as_such()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        using var identity = SigningKeyPair.Generate();
        (await EnrolAsync(Token(user, TimeSpan.FromSeconds(-1)), identity)).AssertProblem(403, FaultCodes.TokenExpired, "token");
        (await EnrolAsync($"rxj_nothing.{new string('a', 64)}", identity)).AssertProblem(401, FaultCodes.Unauthorized, "token");
    }

    [Fact]
    public async Task A_wrong_signature_does_not_use_the_token_up()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        using var identity = SigningKeyPair.Generate();
        using var thief = SigningKeyPair.Generate();
        var token = Token(user);
        (await EnrolAsync(token, identity, signer: thief)).AssertProblem(400, FaultCodes.BadSignature, "signature");
        (await EnrolAsync(token, identity)).AssertStatus(200);
    }

    [Fact]
    public async Task Only_p256_keys_get_certificates()
    {
        using var user = await hub.NewUserAsync(0, "operator");
        using var identity = SigningKeyPair.Generate();
        using var rsa = RSA.Create(2048);
        (await EnrolAsync(Token(user), identity, rsa.ExportSubjectPublicKeyInfo())).AssertProblem(400, FaultCodes.Malformed, "tlsSpki");
    }

    private string Token(TestUser user, TimeSpan? lifetime = null)
        => hub.Host.Services.GetRequiredService<IJoinTokens>().Create(user.Account, lifetime ?? TimeSpan.FromHours(1));

    private Task<Answer> EnrolAsync(string token, SigningKeyPair identity, byte[]? spki = null, SigningKeyPair? signer = null)
    {
        using var tls = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        spki ??= tls.ExportSubjectPublicKeyInfo();
        var secret = Encoding.UTF8.GetBytes(token["rxj_".Length..token.LastIndexOf('.')]);
        var signature = (signer ?? identity).Sign(SignedStatements.Enrol(identity.PublicKey, secret, spki));
        return Answer.OfAsync(hub.Http.PostAsync("/v1/nodes/enrol", Answer.Json(new EnrolRequest(token, "box", identity.PublicKey, spki, signature))));
    }
}
