using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Api;

/// <summary>
/// POST /v1/nodes/enrol. The token is used once. <see cref="TlsSpki"/> is the DER of the node's TLS public key (ECDSA P-256).
/// <see cref="Signature"/> is by the identity key over <c>SignedStatements.Enrol</c>, whose token secret is the UTF-8 of what
/// stands between <c>rxj_</c> and the dot; the token itself is sent whole.
/// </summary>
public sealed record EnrolRequest(string Token, string Name, byte[] IdentityKey, byte[] TlsSpki, byte[] Signature);

/// <summary>
/// What a node needs to connect: its certificate and the CHS's CA (DER), the secret label it must announce, and where the edge is.
/// </summary>
public sealed record EnrolResponse(
    NodeId Node, AccountId Operator, string Label, byte[] Certificate, byte[] CaCertificate, string EdgeHost, int EdgePort, bool Approved);

/// <summary>GET /v1/nodes.</summary>
public sealed record NodeInfo(
    NodeId Node, string Name, AccountId Operator, string Standing, bool Online, string Region, Resources Total, Resources Free,
    IReadOnlyList<string> Kinds, IReadOnlyList<string> Warnings, Tokens AskPerCoreHour, long Accepted, long Failed, long Lost);

/// <summary>GET /v1/info: what a client must know before it submits. Fingerprint: SHA-256 of the CA's SPKI, hex.</summary>
public sealed record HubInfo(
    string Version, string Network, byte[] VaultKey, string CaFingerprint, long InlineLimit, long MaxPartBytes, int MaxParts);

/// <summary>GET /health (liveness) and /health/ready.</summary>
public sealed record HealthInfo(string Status, IReadOnlyDictionary<string, string> Checks);
