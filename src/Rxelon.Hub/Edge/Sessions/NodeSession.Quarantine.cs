using Akka.Actor;
using Rxelon.Domain.Matching;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Edge.Sessions;

/// <content>A node that gave a wrong answer stays connected and gets nothing new.</content>
internal sealed partial class NodeSession
{
    private bool _quarantined;

    /// <summary>What the matchmaker is told: a node that is silent, is drained or gave a wrong answer gets nothing new.</summary>
    private NodeOffer Offered => _suspect || _quarantined || _drained ? _offer! with { Draining = true } : _offer!;

    private void OnQuarantine(SetQuarantine change)
    {
        var begins = change.IsQuarantined && !_quarantined;
        _quarantined = change.IsQuarantined;
        if (_channel is null)
            return;
        Context.Parent.Tell(new SessionOffer(Offered));
        if (begins)
            _work.GiveUp(Quarantined);
        Pace();
    }

    private static Fault Quarantined { get; } = new(
        FaultCodes.OperatorDistrusted, "The node gave a wrong answer to somebody; what it ran is placed elsewhere.", Culprit.Node, Retryable: true);
}
