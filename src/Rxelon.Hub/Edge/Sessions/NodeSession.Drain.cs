using Akka.Actor;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <content>An admin wants the node empty: nothing new, and what can move moves.</content>
internal sealed partial class NodeSession
{
    private bool _drained;

    private void OnDrain(DrainNode drain)
    {
        if (_channel is null)
        {
            Sender.Tell(new NodeDraining(null));
            return;
        }

        _drained = true;
        Context.Parent.Tell(new SessionOffer(Offered));
        _channel.Send(new ToNode { Drain = new Drain { Reason = drain.Reason, HandOver = true } });
        Sender.Tell(new NodeDraining(_work.Running));
        Pace();
    }
}
