using System.Security.Cryptography;
using System.Text;
using Rxelon.Domain.Nodes;
using Rxelon.Hub.Config;
using Rxelon.Hub.Enrolment;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>A machine becomes a node: a join token, used up here, for a certificate.</summary>
internal static class EnrolEndpoint
{
    internal static void MapEnrol(this IEndpointRouteBuilder api)
        => api.MapPost("/v1/nodes/enrol", EnrolAsync).Accepts<EnrolRequest>("application/json").Produces<EnrolResponse>()
            .RequireRateLimiting(AccountsEndpoints.OpeningLimit)
            .WithSummary("Enrol a node with a one-time join token. Repeating it with the same token and identity is harmless.");

    private static async Task<IResult> EnrolAsync(
        JsonBody<EnrolRequest> body, IJoinTokens tokens, HubCalls calls, CertificateAuthority authority, HubOptions options,
        HubAddresses addresses, TimeProvider time, CancellationToken cancel)
    {
        var request = body.Value;
        if (!AccountsEndpoints.IsText(request.Name))
            return Refuse("name", "name has 1 to 64 printable characters.");
        if (request.IdentityKey.Length != Signatures.PublicKeySize)
            return Refuse("identityKey", "identityKey is an Ed25519 public key of 32 bytes.");
        if (!Spki.IsP256(request.TlsSpki))
            return Refuse("tlsSpki", "tlsSpki is an ECDSA P-256 public key (SPKI DER).");
        if (addresses.EdgePort == 0)
            return Answers.Problem(new Fault(FaultCodes.Unavailable, "The hub is starting; ask again.", Culprit.Hub, Retryable: true));
        var secret = SecretOf(request.Token);
        var statement = SignedStatements.Enrol(request.IdentityKey, secret, request.TlsSpki);
        if (!Signatures.Verify(request.IdentityKey, statement, request.Signature))
            return Answers.Problem(new Fault(FaultCodes.BadSignature, "signature is not one by identityKey over this request.", Culprit.Input), "signature");
        var node = NodeId.OfIdentityKey(request.IdentityKey);
        var consumed = tokens.Consume(request.Token, node);
        if (consumed.Fault is { } unusable)
            return Answers.Problem(unusable, "token");

        // A node that enrols again keeps its label: it is the address under which its sessions are known.
        var known = await calls.AskAsync(new GetNode(node, time.GetUtcNow()), cancel) as NodeView;
        var label = known?.Label ?? LinkNames.NewLabel();
        var reply = await calls.AskAsync(
            new EnrolNode(
                node, consumed.Value, request.Name, request.IdentityKey, label, SHA256.HashData(request.TlsSpki), options.NodesNeedApproval,
                time.GetUtcNow(), new EnrolmentSignature(SHA256.HashData(secret), request.Signature)),
            cancel);
        if (reply is NodeRefused refused)
            return Answers.Problem(refused.Fault);
        var certificate = authority.IssueNode(node, label, request.TlsSpki, CertificateAuthority.NodeLifetime);
        if (certificate.Fault is { } fault)
            return Answers.Problem(fault);
        var approved = await calls.AskAsync(new GetNode(node, time.GetUtcNow()), cancel) is NodeView { Standing: NodeStanding.Active };
        return Answers.Json(new EnrolResponse(
            node, consumed.Value, label, certificate.Value, authority.CertificateDer, options.EdgePublicHost, addresses.EdgePort, approved));
    }

    /// <summary>What stands between <c>rxj_</c> and the dot.</summary>
    private static byte[] SecretOf(string token)
    {
        var start = token.StartsWith("rxj_", StringComparison.Ordinal) ? "rxj_".Length : 0;
        var dot = token.LastIndexOf('.');
        return Encoding.UTF8.GetBytes(dot > start ? token[start..dot] : token[start..]);
    }

    private static IResult Refuse(string field, string why) => Answers.Problem(new Fault(FaultCodes.Malformed, why, Culprit.Input), field);
}
