using System.Diagnostics;
using Akka.Actor;
using Rxelon.Node.Link;
using Rxelon.Node.Supervision;
using Rxelon.Shared.Wire;

namespace Rxelon.Bench.Solo;

/// <summary>In place of the node's link and the hub behind it: grants keys as soon as a part is ready, and takes the signed report.</summary>
internal sealed class SoloHub : ReceiveActor
{
    private Attempt? _attempt;

    public SoloHub(NodeServices node)
    {
        Receive<Attempt>(attempt =>
        {
            _attempt = attempt;
            attempt.Node.Tell(new FromHub(attempt.Task.Assign(attempt.Number)));
        });
        Receive<Send>(send => OnSend(send.Frame, node));
        Receive<OfferChanged>(_ => { });
    }

    private void OnSend(ToHub frame, NodeServices node)
    {
        if (_attempt is not { } attempt)
            return;
        switch (frame.BodyCase)
        {
            case ToHub.BodyOneofCase.PartsReady:
                attempt.Node.Tell(new FromHub(attempt.Task.Grant(attempt.Number, node.Session.PublicKey, node.Node)));
                break;
            case ToHub.BodyOneofCase.Report:
                attempt.Done.TrySetResult(Stopwatch.GetTimestamp());
                break;
            case ToHub.BodyOneofCase.Failure:
                attempt.Done.TrySetException(new InvalidOperationException($"The attempt failed: {frame.Failure.Code} {frame.Failure.Message}"));
                break;
        }
    }

    /// <summary>Assigns the task's part to the node; <paramref name="Done"/> gets the time of the signed report.</summary>
    internal sealed record Attempt(IActorRef Node, SoloTask Task, int Number, TaskCompletionSource<long> Done);
}
