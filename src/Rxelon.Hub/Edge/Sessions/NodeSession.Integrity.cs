using Akka.Actor;
using Akka.Event;
using Rxelon.Domain.Nodes;
using Rxelon.Hub.Integrity;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <content>Before a node is let in: is it still what it was? And what happens when it is not.</content>
internal sealed partial class NodeSession
{
    /// <summary>Reads what is kept of the node's log, off this thread.</summary>
    private void AskHead(Admission admission)
    {
        var operations = _services.Operations;
        Task.Run(() => operations.HeadOf(_node))
            .PipeTo(Self, success: kept => new HeadRead(admission, kept), failure: e => new HeadRead(admission, null, e));
    }

    private void OnHead(HeadRead read)
    {
        var admission = read.Admission;
        if (admission != _admission)
            return;
        if (read.Error is { } error)
        {
            _log.Error(error, "What is kept of the operation log of {Node} cannot be read", _node);
            _admission = null;
            Refuse(admission.Line, new Fault(FaultCodes.Unavailable, "The hub cannot read its records just now.", Culprit.Hub, Retryable: true));
            return;
        }

        if (admission.Hello.Measures is not { } report)
        {
            if (IntegrityCheck.OfSilence(admission.View, _services.Now) is { } silent)
                Raise(silent);
            else
                Resume(admission);
            return;
        }

        if (IntegrityCheck.Read(report, _node, admission.Hello.IdentityKey.Span, admission.Hello.Nonce.Span) is not { } measures)
        {
            _admission = null;
            Refuse(admission.Line, IntegrityCheck.Unsigned);
            return;
        }

        OnMeasures(admission, measures, IntegrityCheck.HeldTo(admission.View, read.Kept));
    }

    private void OnMeasures(Admission admission, Measures measures, OperationHead? head)
    {
        if (IntegrityCheck.BeginsAnew(admission.View, head))
        {
            head = new OperationHead(measures.Log.Count, measures.Log.Hash, _services.Now.ToUnixTimeMilliseconds(), []);
            _services.Operations.Restart(_node, head.Count, head.Hash, _services.Now);
        }
        else if (IntegrityCheck.OfLog(measures.Log, head, _services.Now) is { } broken)
        {
            Raise(broken);
            return;
        }

        admission.Head = head;
        var hello = admission.Hello;
        var known = measures.Of(MeasureGroups.Application) is { } application && _services.Clients.IsKnown(application);
        _calls.Send(
            () => _services.Nodes,
            () => new MeasureNode(_node, measures.Groups, measures.Announced, VersionOf(hello), known, _services.Now),
            reply =>
            {
                if (admission != _admission)
                    return;
                if (reply is NodeRefused refused)
                    Cut(refused.Fault);
                else
                    Resume(admission);
            });
    }

    /// <summary>The node is out before anybody else hears of it; its record and the other nodes' work follow.</summary>
    private void Raise(IntegrityAlarm alarm)
    {
        if (_raising)
            return;
        _raising = true;
        _log.Warning("Node {Node} is isolated: {Code}: {Reason}", _node, alarm.Code, alarm.Message);
        _calls.Send(() => _services.Nodes, () => new RaiseNodeAlarm(_node, alarm, _services.Now), _ => _raising = false);
        Cut(NodeDecider.Isolated(alarm));
    }

    private void Resume(Admission admission)
    {
        admission.Epoch = _services.NextEpoch();
        if (WireMap.Offer(admission.Hello.Offer, _node, _operator, admission.Epoch, _services.Options) is not { } offer)
        {
            _admission = null;
            Refuse(admission.Line, new Fault(FaultCodes.Malformed, "The offer makes no sense.", Culprit.Node));
            return;
        }

        admission.Offer = offer;
        var died = _channel is not null && !admission.Hello.Instance.Span.SequenceEqual(_channel.Instance);
        _work.Resume(admission.Epoch, admission.Hello, died, stop => Admit(admission, stop), () => admission == _admission);
    }

    private static string VersionOf(Hello hello) => hello.ClientVersion.Length <= 64 ? hello.ClientVersion : hello.ClientVersion[..64];

    private sealed record HeadRead(Admission Admission, KeptHead? Kept, Exception? Error = null) : INoSerializationVerificationNeeded;
}
