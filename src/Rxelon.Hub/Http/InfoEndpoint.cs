using System.Reflection;
using Rxelon.Hub.Config;
using Rxelon.Hub.Vault;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Api;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>What anybody may know about this hub.</summary>
internal static class InfoEndpoint
{
    private const string Certificate = "application/pkix-cert";

    private static readonly string Version =
        typeof(InfoEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    internal static void MapInfo(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/info", (IVault vault, CertificateAuthority authority, HubOptions options) => Answers.Json(new HubInfo(
                Version, options.Network, vault.PublicKey, authority.Fingerprint, BlobRef.InlineLimit, options.MaxPartBytes, SpecRules.MaxParts)))
            .Produces<HubInfo>().WithSummary("What a client must know before it submits: the vault's public key, the CA's fingerprint, limits.");
        api.MapGet("/v1/ca", (CertificateAuthority authority) => Results.Bytes(authority.CertificateDer, Certificate))
            .Produces(200, contentType: Certificate).WithSummary("The CA's certificate (DER), to be believed only when its fingerprint is known from elsewhere.");
    }
}
