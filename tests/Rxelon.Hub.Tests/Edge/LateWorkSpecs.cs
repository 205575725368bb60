using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Work that was placed on a session which is no more when the work arrives: its task must hear of it, or it waits for minutes.</summary>
public sealed class LateWorkSpecs
{
    [Fact]
    public async Task Work_that_arrives_while_the_node_returns_as_another_process_goes_back_to_its_task()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, old) = one;
        edge.Place(node.Id, old, [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        AttemptId? late = null;
        edge.Chs.WhileResuming = () =>
        {
            late ??= edge.Place(node.Id, old, [2]);
            edge.SessionsAsync().GetAwaiter().GetResult(); // the router has passed it on
        };

        await node.StopAsync();
        node.Start();
        await node.UpAsync(times: 2);

        await AssertLostAsync(edge, late!.Value);
        await SessionSpecs.StillWorks(edge, node);
    }

    [Fact]
    public async Task Work_for_a_sessions_predecessor_goes_back_to_its_task()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var task = TaskId.FromBytes([.. Enumerable.Repeat((byte)1, 16)]);
        var late = new StartParts(node.Id, session - 1, task, edge.Chs.Spec, edge.Blobs.Add([7]), 1, [StartedPart.Plain(new PartAttempt(0, 1), edge.Blobs.Add([1]))]);

        // As when the router passed it on just before the new session told it of itself.
        edge.System.ActorSelection(edge.Router.Path / node.Id.ToString()).Tell(late);

        await AssertLostAsync(edge, new AttemptId(task, 0, 1));
    }

    [Fact]
    public async Task Work_in_the_mailbox_of_a_session_that_stops_goes_back_to_its_task()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var path = edge.Router.Path / node.Id.ToString();
        var proxy = await edge.System.ActorSelection(path).ResolveOne(TimeSpan.FromSeconds(10));

        await proxy.GracefulStop(TimeSpan.FromSeconds(10));
        var task = TaskId.FromBytes([.. Enumerable.Repeat((byte)1, 16)]);
        proxy.Tell(new StartParts(node.Id, session, task, edge.Chs.Spec, edge.Blobs.Add([7]), 1, [StartedPart.Plain(new PartAttempt(0, 1), edge.Blobs.Add([1]))]));

        await AssertLostAsync(edge, new AttemptId(task, 0, 1));
    }

    private static Task AssertLostAsync(EdgeHarness edge, AttemptId attempt) => Eventually.TrueAsync(
        "node-lost for the late part",
        () => edge.Chs.Got<FailAttempts>().Any(f => f.Task == attempt.Task
            && f.Failures.Any(x => x.Attempt == new PartAttempt(attempt.Part, attempt.Number) && x.Fault.Code == FaultCodes.NodeLost)));
}
