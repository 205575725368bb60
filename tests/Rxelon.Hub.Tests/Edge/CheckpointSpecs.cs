using Akka.Actor;
using Google.Protobuf;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Scheduling;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Parts that come back with a state to be continued from, over a real link.</summary>
public sealed class CheckpointSpecs
{
    private static readonly byte[] State = [5, 5, 5];

    [Fact]
    public async Task A_checkpoint_is_stored_for_the_owner_before_the_task_hears_of_it()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, [1]);

        node.Link.Tell(new Send(HandedOver(node, attempt), Reliable: true), ActorRefs.NoSender);
        await node.AckAsync(attempt, accepted: false);

        var failed = edge.Chs.Failures.Single();
        Assert.Equal((FaultCodes.HandedOver, Culprit.None, BlobId.Of(State)), (failed.Fault.Code, failed.Fault.Culprit, failed.Checkpoint!.Value.Id));
        Assert.Equal(64, failed.CheckpointSignature.Length);
        Assert.Equal(edge.Chs.Owner, edge.Blobs.Owners[BlobId.Of(State)]);
    }

    [Fact]
    public async Task One_that_is_not_signed_or_not_whole_or_comes_with_another_failure_is_left_out()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        foreach (var change in (Action<AttemptFailure>[])
        [
            f => f.CheckpointSignature = ByteString.CopyFrom(new byte[64]),
            f => f.Checkpoint.Inline = ByteString.CopyFrom([4]),
            f => f.Checkpoint.Size = 1L << 40,
            f => f.Checkpoint.Inline = ByteString.Empty,
        ])
        {
            var attempt = edge.Place(node.Id, session, [1]);
            node.Link.Tell(new Send(HandedOver(node, attempt, change), Reliable: true), ActorRefs.NoSender);
            await node.AckAsync(attempt, accepted: false);
            Assert.Null(edge.Chs.Got<FailAttempts>().Single(f => f.Task == attempt.Task).Failures.Single().Checkpoint);
        }
    }

    [Fact]
    public async Task The_next_attempt_is_told_where_its_checkpoint_is()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var task = TaskId.FromBytes([1, .. new byte[15]]);
        var input = edge.Blobs.Add([1]);
        var start = StartedPart.Plain(new PartAttempt(0, 2), input) with { Checkpoint = new PartCheckpoint(edge.Blobs.Add(State), 1) };
        edge.Router.Tell(new StartParts(node.Id, session, task, edge.Chs.Spec, edge.Blobs.Add([7]), 1, [start]), ActorRefs.NoSender);

        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        var part = node.Frames.First(f => f.Assign is not null).Assign.Parts.Single();
        Assert.Equal((BlobId.Of(State), 1u), (BlobId.FromDigest(part.Checkpoint.Id.Span), part.CheckpointNumber));
        Assert.NotEmpty(part.Checkpoint.Path);
    }

    [Fact]
    public async Task A_drained_node_is_offered_nothing_more_and_asked_to_hand_over()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        var draining = await edge.Router.Ask<NodeDraining>(new DrainNode(node.Id, "new disks"), TimeSpan.FromSeconds(10));

        Assert.Equal(1, draining.Running);
        await Eventually.TrueAsync("the drain", () => node.Frames.Any(f => f.Drain is { HandOver: true, Reason: "new disks" }));
        Assert.True(edge.Chs.Matchmaker.OfType<OfferUpdate>().Last().Offer.Draining);
        Assert.True(edge.Chs.Current.ContainsKey(attempt));
        Assert.Null((await edge.Router.Ask<NodeDraining>(new DrainNode(NodeId.OfIdentityKey([1]), "x"), TimeSpan.FromSeconds(10))).Running);
    }

    [Fact]
    public async Task An_attempt_that_is_to_keep_its_checkpoint_stays_on_the_books_until_the_node_gives_it_back()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        edge.Router.Tell(new StopParts(node.Id, session, attempt.Task, [new PartAttempt(0, 1)], "reclaimed", KeepCheckpoint: true), ActorRefs.NoSender);
        await Eventually.TrueAsync("the stop", () => node.Frames.Any(f => f.Stop is { KeepCheckpoint: true }));
        node.Link.Tell(new Send(HandedOver(node, attempt), Reliable: true), ActorRefs.NoSender);
        await node.AckAsync(attempt, accepted: false);

        Assert.NotNull(edge.Chs.Failures.Single().Checkpoint);
    }

    private static ToHub HandedOver(NodeHarness node, AttemptId attempt, Action<AttemptFailure>? change = null)
    {
        var left = new BlobRef(BlobId.Of(State), State.Length);
        var failure = new AttemptFailure
        {
            Attempt = NodeHarness.Key(attempt),
            Code = FaultCodes.HandedOver,
            Message = "maintenance",
            Signature = ByteString.CopyFrom(node.Membership.Identity.Sign(SignedStatements.Failure(attempt, node.Id, FaultCodes.HandedOver, "maintenance"))),
            Checkpoint = new Blob { Id = ByteString.CopyFrom(left.Id.ToDigest()), Size = left.Size, Inline = ByteString.CopyFrom(State) },
            CheckpointSignature = ByteString.CopyFrom(node.Membership.Identity.Sign(SignedStatements.Checkpoint(attempt, node.Id, left))),
        };
        change?.Invoke(failure);
        return new ToHub { Failure = failure };
    }
}
