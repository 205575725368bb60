using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Rxelon.Shared.Ids;

namespace Rxelon.Link.Certificates;

/// <summary>Who a node certificate speaks for: the common name is the node id, the one DNS name carries the label.</summary>
public sealed record PeerIdentity(NodeId Node, string Label)
{
    /// <summary>Reads a node certificate; false when it is not shaped like one. Says nothing about who issued it.</summary>
    public static bool TryRead(X509Certificate2 certificate, out PeerIdentity identity)
    {
        identity = null!;
        if (!NodeId.TryParse(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), out var node))
            return false;
        var names = DnsNames(certificate);
        if (names is not [var only] || !LinkNames.TryReadDnsName(only, out var label))
            return false;
        identity = new PeerIdentity(node, label);
        return true;
    }

    private static List<string> DnsNames(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        try
        {
            return extension?.EnumerateDnsNames().ToList() ?? [];
        }
        catch (AsnContentException)
        {
            return [];
        }
    }
}
