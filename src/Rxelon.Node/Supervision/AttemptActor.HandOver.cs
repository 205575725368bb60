using Akka.Actor;
using Akka.Event;
using Rxelon.Node.Blobs;
using Rxelon.Node.Link;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Supervision;

/// <content>Leaving in the middle: the program ends, and what it left goes back with the part (docs/design/checkpoints.md).</content>
internal sealed partial class AttemptActor
{
    private HandOver? _handOver;
    private CipherBlob? _checkpoint;

    /// <summary>What is under way to the hub's store.</summary>
    private CipherBlob? Uploading => _result ?? _checkpoint;

    private void OnHandOver(HandOver order)
    {
        if (_handOver is not null || Uploading is not null || (order.OnlyWithCheckpoint && !(_started && _work.HasCheckpoint)))
            return;
        _log.Info("Attempt {Attempt} leaves: {Reason}", _work.Id, order.Reason);
        _handOver = order;
        if (_started)
            _work.LeaveAsync().PipeTo(Self, success: () => Asked.Instance);
        else
            GiveBack(null);
    }

    private void FailOrGiveBack(Fault fault, AttemptOutcome outcome)
    {
        if (_handOver is null || fault.Code != FaultCodes.Stopped)
        {
            Fail(fault, outcome.Metering, outcome.Log);
            return;
        }

        _checkpoint = outcome.Checkpoint;
        if (_checkpoint is { Reference.IsInline: false } large)
            AskForUpload(large);
        else
            GiveBack(_checkpoint);
    }

    private void GiveBack(CipherBlob? checkpoint)
    {
        var code = checkpoint is not null || _handOver!.IsOrdered ? FaultCodes.HandedOver : FaultCodes.NodeRestarted;
        var fault = new Fault(code, _handOver!.Reason, code == FaultCodes.HandedOver ? Culprit.None : Culprit.Node, Retryable: true);
        Note(code);
        _link.Tell(new Send(Reports.Failure(_services, _work.Id, fault, _metering, null, checkpoint), Reliable: true));
        Done();
    }

    private sealed class Asked
    {
        internal static Asked Instance { get; } = new();
    }
}
