using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Link;

/// <summary>
/// Joining a network: makes the node's keys, checks that the CHS is the one named by the token's fingerprint, and trades the token
/// for a certificate. Tokens: <c>rxj_</c>secret<c>.</c>64 hex digits of the CA's fingerprint.
/// </summary>
internal sealed class Enrolment(TimeProvider time, TextWriter output)
{
    private const string TokenPrefix = "rxj_";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Joins and stores the membership in <paramref name="stateDirectory"/>. Joining again in the same directory keeps the node's
    /// identity and renews its certificate. Nothing is stored when it fails, and the token goes only to the CHS it names.
    /// </summary>
    internal async Task<Outcome<MembershipInfo>> JoinAsync(Uri url, string token, string stateDirectory, string name, CancellationToken cancel)
    {
        if (HubHttp.RefuseUrl(url) is { } badUrl)
            return badUrl;
        if (!TryReadToken(token, out var secret, out var fingerprint))
            return new Fault(FaultCodes.Malformed, "This is not a join token (rxj_….…).", Culprit.Input);
        try
        {
            var authority = await AuthorityAsync(url, fingerprint, cancel);
            if (authority.Fault is { } stranger)
                return stranger;
            return await EnrolAsync(url, token, secret, fingerprint, authority.Value, stateDirectory, name, cancel);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new Fault(FaultCodes.Unavailable, $"{url} does not answer as a hub: {e.Message}", Culprit.Network, Retryable: true);
        }
    }

    private static async Task<Outcome<byte[]>> AuthorityAsync(Uri url, string fingerprint, CancellationToken cancel)
    {
        using var http = Client(url, HubHttp.UncheckedHandler());
        // TLS servers do not send their root: it is asked for, as DER, and proves itself by the fingerprint.
        using var certificate = Certificate(await http.GetByteArrayAsync("/v1/ca", cancel));
        return certificate is not null && Spki.Fingerprint(certificate) == fingerprint
            ? certificate.RawData
            : new Fault(
                FaultCodes.Forbidden, $"{url} is not the network that the token names (its CA has another fingerprint).", Culprit.Network);
    }

    private async Task<Outcome<MembershipInfo>> EnrolAsync(
        Uri url, string token, string secret, string fingerprint, byte[] caDer, string stateDirectory, string name, CancellationToken cancel)
    {
        using var identity = NodeMembership.IdentityOf(stateDirectory);
        using var tlsKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var spki = tlsKey.ExportSubjectPublicKeyInfo();
        var signature = identity.Sign(SignedStatements.Enrol(identity.PublicKey, Encoding.UTF8.GetBytes(secret), spki));
        using var http = Client(url, HubHttp.Handler(caDer, time));
        using var response = await http.PostAsJsonAsync(
            "/v1/nodes/enrol", new EnrolRequest(token, name, identity.PublicKey, spki, signature), ApiJson.Default.EnrolRequest, cancel);
        if (!response.IsSuccessStatusCode)
            return await ProblemAsync(response, cancel);
        var granted = (await response.Content.ReadFromJsonAsync(ApiJson.Default.EnrolResponse, cancel))!;
        if (Check(granted, identity.PublicKey, spki, caDer) is { } wrong)
            return wrong;
        var info = new MembershipInfo(
            granted.Node, granted.Operator, name, granted.Label, url.ToString(), fingerprint, granted.EdgeHost, granted.EdgePort);
        NodeMembership.Save(stateDirectory, info, identity, tlsKey, granted.Certificate, caDer);
        await output.WriteLineAsync($"Joined as {granted.Node}{(granted.Approved ? "" : "; an admin has to approve it")}.");
        await output.WriteLineAsync($"CHS fingerprint: {fingerprint}");
        return info;
    }

    private Fault? Check(EnrolResponse granted, byte[] identityKey, byte[] spki, byte[] caDer)
    {
        using var check = PeerCheck.ForAuthority(caDer, time);
        using var certificate = Certificate(granted.Certificate);
        return granted.CaCertificate.AsSpan().SequenceEqual(caDer)
            && check.RefuseNode(certificate, _ => false, out var read) is null
            && read!.Node == NodeId.OfIdentityKey(identityKey) && read.Node == granted.Node && read.Label == granted.Label
            && certificate!.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki)
                ? null
                : new Fault(FaultCodes.Malformed, "The hub's answer does not fit the request: the certificate is not this node's.", Culprit.Hub);
    }

    private static async Task<Fault> ProblemAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        ProblemInfo? problem = null;
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true)
            problem = await response.Content.ReadFromJsonAsync(ApiJson.Default.ProblemInfo, cancel);
        return new Fault(
            problem?.Code ?? FaultCodes.Unavailable, problem?.Detail ?? problem?.Title ?? $"The hub answered {(int)response.StatusCode}.",
            Culprit.None, problem?.Retryable ?? false);
    }

    private static bool TryReadToken(string token, out string secret, out string fingerprint)
    {
        var dot = token.LastIndexOf('.');
        fingerprint = dot < 0 ? "" : token[(dot + 1)..];
        secret = dot > TokenPrefix.Length ? token[TokenPrefix.Length..dot] : "";
        return token.StartsWith(TokenPrefix, StringComparison.Ordinal) && dot > TokenPrefix.Length
            && fingerprint.Length == 64 && !fingerprint.AsSpan().ContainsAnyExcept("0123456789abcdef");
    }

    private static X509Certificate2? Certificate(byte[]? der)
    {
        try
        {
            return der is null ? null : X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static HttpClient Client(Uri url, SocketsHttpHandler handler) => new(handler) { BaseAddress = url, Timeout = Patience };
}
