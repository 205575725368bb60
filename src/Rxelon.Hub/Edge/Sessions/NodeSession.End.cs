using Akka.Actor;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Edge.Sessions;

/// <content>How a session ends: its work is lost to others, its window goes on record.</content>
internal sealed partial class NodeSession
{
    private void Cut(Fault fault)
    {
        if (_channel is not null)
            Refuse(_channel.Line, fault);
        if (_admission is not null)
            Refuse(_admission.Line, fault);
        _admission = null;
        End(fault.Code, new Fault(FaultCodes.NodeLost, "The node was cut off.", Culprit.Node, Retryable: true));
    }

    /// <summary><paramref name="died"/>: nobody ordered it and the node said nothing.</summary>
    private void End(string reason, Fault fault, bool died = false)
    {
        if (_channel is null)
            return;
        Context.Parent.Tell(new SessionDown(_node, _channel.Epoch, reason));
        _channel.Line.Session = null;
        _channel = null;
        _offer = null;
        _work.Lose(fault, died);
        _live.Close();
        _work.Record(_window.Close(_services.Now), _integrity.Head);
        _integrity.Close();
        Pace();
        StopWhenDone();
    }

    private void StopWhenDone()
    {
        if (_channel is null && _admission is null && _calls.Count == 0)
            Context.Stop(Self);
    }
}
