using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>What an attempt leaves, who begins from it, and when it goes.</summary>
public sealed class TaskCheckpointsSpecs
{
    private static readonly Fault Moved = new(FaultCodes.HandedOver, "The node is shutting down.", Culprit.None, true);

    [Fact]
    public void The_next_attempt_begins_from_what_the_last_one_left_elsewhere_and_nobody_is_blamed()
    {
        var story = Given.Queued(1, s => s with { Limits = s.Limits with { Retries = 0 } });
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));

        Assert.Equal(Culprit.None, story.Effect<FreeRoom>().Fault!.Culprit);
        Assert.Equal([Ids.Node(1)], story.Effect<Demand>().Parts.Avoid[0]);
        story.Place(2, 0);
        Assert.Equal(new PartCheckpoint(Left(1), 1), story.Effect<StartAttempts>().Attempts[0].Checkpoint);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_lost_node_leaves_the_older_one_in_place_and_a_newer_one_replaces_it()
    {
        var story = Given.Queued(1);
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));
        Run(story, 2, 2);
        story.Fail(2, new PartAttempt(0, 2), new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
        Assert.Equal(1, story.State.Parts[0].Checkpoint!.Attempt);
        Assert.Empty(story.Effects.OfType<DropBlobs>());

        Run(story, 3, 3);
        HandOver(story, 3, 3, Left(3));

        Assert.Equal(new PartCheckpoint(Left(3), 3), story.State.Parts[0].Checkpoint);
        Assert.Equal([Left(1)], story.Effect<DropBlobs>().Blobs);
    }

    [Fact]
    public void It_goes_when_the_part_is_accepted()
    {
        var story = Given.Queued(2);
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));
        Run(story, 2, 2);
        story.Report(2, new PartAttempt(0, 2));

        Assert.Equal([Left(1)], story.Effect<DropBlobs>().Blobs);
        Assert.Null(story.State.Parts[0].Checkpoint);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void It_goes_when_the_task_ends_and_again_with_everything_else()
    {
        var story = Given.Queued(2);
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));
        story.Do(new CancelTask(story.Id, Given.Owner, story.Now));
        Assert.Equal([Left(1)], story.Effect<DropBlobs>().Blobs);

        story.Do(new SettlementBooked(story.Id, 0, true, story.Now));
        story.Do(new EraseTask(story.Id, Given.Owner, "asked", story.Now));
        Assert.Contains(Left(1), story.Effect<EraseBlobs>().Blobs);
    }

    [Fact]
    public void A_program_that_fails_from_it_begins_from_its_input_next_time()
    {
        var story = Given.Queued(1);
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));
        Run(story, 2, 2);
        story.Fail(2, new PartAttempt(0, 2), new Fault(FaultCodes.ProgramFailed, "Exit code 3.", Culprit.Program, true));

        Assert.Equal([Left(1)], story.Effect<DropBlobs>().Blobs);
        story.Place(3, 0);
        Assert.Null(story.Effect<StartAttempts>().Attempts[0].Checkpoint);
    }

    [Fact]
    public void A_verified_task_keeps_none()
    {
        var story = Given.Queued(1, s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 2, Agree = 2 } });
        Run(story, 1, 1);
        HandOver(story, 1, 1, Left(1));

        Assert.False(TaskCheckpoints.MayBeKept(story.State));
        Assert.Null(story.State.Parts[0].Checkpoint);
    }

    [Fact]
    public void An_attempt_without_keys_has_nothing_to_leave()
    {
        var story = Given.Queued(1);
        story.Place(1, 0);
        HandOver(story, 1, 1, Left(1));
        Assert.Null(story.State.Parts[0].Checkpoint);
    }

    [Fact]
    public void Two_nodes_cannot_play_ball_for_ever()
    {
        var story = Given.Queued(1);
        for (var attempt = 1; attempt <= TaskRules.MaxHandOvers; attempt++)
        {
            Assert.True(story.State.IsAlive);
            Run(story, 1 + (attempt % 2), attempt);
            HandOver(story, 1 + (attempt % 2), attempt, Left(attempt));
        }

        Assert.Equal(FaultCodes.RetriesExhausted, story.State.Ended!.Reason.Code);
    }

    private static BlobRef Left(int attempt) => Ids.Blob(3_000_000 + attempt);

    private static void Run(TaskStory story, int node, int attempt)
    {
        story.Place(node, 0);
        story.Ready(node, new PartAttempt(0, attempt));
    }

    private static void HandOver(TaskStory story, int node, int attempt, BlobRef left)
        => story.Do(new FailAttempts(
            story.Id, Ids.Node(node), [new FailedAttempt(new PartAttempt(0, attempt), Moved, null, []) { Checkpoint = left, CheckpointSignature = [8] }], story.Now));
}
