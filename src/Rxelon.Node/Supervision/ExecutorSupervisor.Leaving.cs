using Akka.Actor;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Supervision;

/// <content>The node is drained, or ends: parts go back with what their programs left (docs/design/checkpoints.md).</content>
internal sealed partial class ExecutorSupervisor
{
    /// <summary>More than a program's grace, with time to upload what it left.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly HashSet<AttemptId> _handedIn = [];
    private IActorRef? _stopping;
    private string _stopReason = "";
    private bool _linkIsUp;

    private void Drain(Drain drain)
    {
        _draining = true;
        OfferChanged();
        if (!drain.HandOver)
            return;
        foreach (var attempt in _attempts.Values.Where(a => a.Phase == Phase.Running))
            attempt.Actor.Tell(new HandOver(drain.Reason, OnlyWithCheckpoint: true, IsOrdered: true));
    }

    /// <summary>
    /// The program ends: what runs is reported, so that the hub gives it to others at once, and answered when the hub has it or
    /// the patience is over. Reports that the hub has not acknowledged wait in the outbox for the next start.
    /// </summary>
    private void OnStopAll(StopAll stop)
    {
        _stopping = Sender;
        _stopReason = stop.Reason;
        _linkIsUp = stop.LinkIsUp;
        _draining = true;
        OfferChanged();
        Timers.StartSingleTimer(nameof(StopPatienceOver), StopPatienceOver.Instance, StopPatience);
        foreach (var (id, attempt) in _attempts.ToList())
        {
            if (attempt.Phase is Phase.Running or Phase.Reporting)
            {
                _handedIn.Add(id);
                attempt.Actor.Tell(new HandOver(stop.Reason));
            }
            else
            {
                Fail(id, FaultCodes.NodeRestarted, stop.Reason);
                _attempts.Remove(id);
                Context.Stop(attempt.Actor);
            }
        }

        LeaveIfDone();
    }

    private void OnSettled(AttemptId id)
    {
        if (_handedIn.Remove(id))
            LeaveIfDone();
    }

    private void OnLinkDown()
    {
        _linkIsUp = false;
        LeaveIfDone();
    }

    private void OnStopPatienceOver()
    {
        FailAll(FaultCodes.NodeRestarted, _stopReason);
        _handedIn.Clear();
        LeaveIfDone();
    }

    private void LeaveIfDone()
    {
        if (_stopping is null || _attempts.Count > 0 || (_linkIsUp && _handedIn.Count > 0))
            return;
        Timers.Cancel(nameof(StopPatienceOver));
        _stopping.Tell(AllStopped.Instance);
        _stopping = ActorRefs.Nobody; // told; and nothing new is taken
    }

    /// <summary>To the supervisor: the program ends. Answered by <see cref="AllStopped"/>.</summary>
    internal sealed record StopAll(string Reason, bool LinkIsUp = false) : INoSerializationVerificationNeeded;

    internal sealed class AllStopped : INoSerializationVerificationNeeded
    {
        internal static AllStopped Instance { get; } = new();
    }

    private sealed class StopPatienceOver
    {
        internal static StopPatienceOver Instance { get; } = new();
    }
}
