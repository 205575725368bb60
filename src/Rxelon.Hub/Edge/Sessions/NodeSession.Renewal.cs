using System.Security.Cryptography;
using Rxelon.Domain.Nodes;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <content>A node asks for its next certificate, before the one it came with ends.</content>
internal sealed partial class NodeSession
{
    private string? Renew(RenewRequest request)
    {
        var channel = _channel!;
        var spki = request.TlsSpki.ToByteArray();
        var issued = _services.Authority.IssueNode(_node, channel.Line.Identity.Label, spki, CertificateAuthority.NodeLifetime);
        if (issued.Fault is { } fault)
            return fault.Message;
        var digest = SHA256.HashData(spki);
        _calls.Send(
            () => _services.Nodes, () => new RenewNode(_node, digest, _services.Now),
            reply =>
            {
                if (reply is NodeOk && _channel == channel)
                    channel.Send(new ToNode { RenewGrant = new RenewGrant { CertificateDer = WireMap.Bytes(issued.Value) } });
            });
        return null;
    }
}
