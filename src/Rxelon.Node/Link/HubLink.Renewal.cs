using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <content>Renewing the certificate while the link is up.</content>
internal sealed partial class HubLink
{
    private void RenewIfDue()
    {
        if (_renewal is not null || !_settings.Membership.NeedsRenewal(_time.GetUtcNow()))
            return;
        _renewal = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Self.Tell(new Send(
            new ToHub { RenewRequest = new RenewRequest { TlsSpki = ByteString.CopyFrom(_renewal.ExportSubjectPublicKeyInfo()) } }, Reliable: true));
    }

    private void OnRenewed(byte[] certificateDer)
    {
        if (_renewal is null)
            return;
        var taken = _settings.Membership.TryRenew(_renewal, certificateDer, _check);
        _renewal.Dispose();
        _renewal = null;
        if (!taken)
        {
            _log.Warning("The hub sent a certificate that is not ours; keeping the old one");
            return;
        }

        _log.Info("The link's certificate was renewed");
        Rebuild("the certificate was renewed");
    }
}
