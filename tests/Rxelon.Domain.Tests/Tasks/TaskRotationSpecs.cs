using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>A part's keys go only after the result of the part before it was accepted.</summary>
public sealed class TaskRotationSpecs
{
    [Fact]
    public void Parts_are_offered_one_by_one_each_when_the_one_before_it_was_accepted()
    {
        var story = Rotating(3);
        Assert.Equal([0], story.Effect<Demand>().Parts.Waiting);
        for (var part = 0; part < 3; part++)
        {
            story.Finish(part + 1, part);
            if (part < 2)
                Assert.Equal([part + 1], story.Effect<Demand>().Parts.Waiting);
        }

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal([0, 1, 2], story.State.AcceptedOrder);
    }

    [Fact]
    public void Whatever_a_matchmaker_proposes_only_the_open_part_is_placed()
    {
        var story = Rotating(4);
        Assert.Equal([0], story.Place(1, 3, 2, 1, 0).Placed.Select(p => p.Attempt.Part));
        Assert.Empty(story.Place(2, 1).Placed);
        Assert.Empty(story.Effect<Demand>().Parts.Waiting); // part 0 is on its way: nothing waits that may run
    }

    [Fact]
    public void A_failed_part_is_tried_again_and_still_lets_nothing_else_out()
    {
        var story = Rotating(2);
        story.Place(1, 0);
        story.Ready(1, new PartAttempt(0, 1));
        story.Fail(1, new PartAttempt(0, 1), new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
        var demand = story.Effect<Demand>().Parts;
        Assert.Equal([0], demand.Waiting);
        Assert.Equal([Ids.Node(1)], demand.Avoid[0]);
        Assert.Empty(story.Place(2, 1).Placed);
        story.Place(2, 0);
        story.Ready(2, new PartAttempt(0, 2));
        story.Report(2, new PartAttempt(0, 2));
        Assert.Equal([1], story.Effect<Demand>().Parts.Waiting);
    }

    [Fact]
    public void A_part_that_was_handed_over_goes_on_from_its_checkpoint_and_still_lets_nothing_else_out()
    {
        var story = Rotating(2);
        var first = new PartAttempt(0, 1);
        story.Place(1, 0);
        story.Ready(1, first);
        story.Do(new FailAttempts(
            story.Id, Ids.Node(1),
            [new FailedAttempt(first, new Fault(FaultCodes.HandedOver, "moves", Culprit.None, true), null, []) { Checkpoint = Ids.Blob(9), CheckpointSignature = [8] }],
            story.Now));
        Assert.Equal([0], story.Effect<Demand>().Parts.Waiting);
        Assert.Empty(story.Place(2, 1).Placed);
        story.Place(2, 0);
        Assert.Equal(new PartCheckpoint(Ids.Blob(9), 1), story.Effect<StartAttempts>().Attempts[0].Checkpoint);
        story.Ready(2, new PartAttempt(0, 2));
        story.Report(2, new PartAttempt(0, 2));
        Assert.Equal([1], story.Effect<Demand>().Parts.Waiting);
        story.Place(1, 1);
        Assert.Null(story.Effect<StartAttempts>().Attempts[0].Checkpoint);
    }

    [Fact]
    public void Keys_of_a_part_that_was_somehow_placed_too_early_do_not_go()
    {
        var early = new PartsAssigned([new Assigned(new PartAttempt(1, 1), Ids.Node(1), Ids.Account(9), 1, Given.Ask)], Given.Start);
        var state = TaskDecider.Apply(Rotating(2).State, early);
        var decision = TaskDecider.Decide(
            state, new ReleaseKeys(state.Id, Ids.Node(1), 1, Given.SessionKey, [new PartAttempt(1, 1)], Given.Start));
        Assert.Empty(decision.Events);
        Assert.Equal([new PartAttempt(1, 1)], Assert.Single(decision.Effects.OfType<StopAttempts>()).Attempts);
        Assert.Empty(decision.Effects.OfType<GrantKeys>());
    }

    [Fact]
    public void After_a_crash_the_open_part_is_offered_again_and_no_other()
    {
        var story = Rotating(3);
        story.Finish(1, 0);
        var owed = story.Shell.Crash(story.Now);
        Assert.Equal([1], Assert.Single(owed.OfType<Demand>()).Parts.Waiting);
    }

    [Fact]
    public void The_copies_of_a_part_run_together_and_the_next_part_waits_for_their_verdict()
    {
        var story = Rotating(2, s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 } });
        Assert.Equal([0, 2, 3], TaskDecider.Demanded(story.State).Waiting);
        foreach (var (node, part) in ((int, int)[])[(1, 0), (2, 2), (3, 3)])
        {
            Assert.Empty(story.Place(node, 1).Placed);
            story.Ready(node, Assert.Single(story.Place(node, part).Placed).Attempt);
        }

        foreach (var (node, part) in ((int, int)[])[(1, 0), (2, 2), (3, 3)])
            VerificationScenarioSpecs.Report(story, node, part, node == 1 ? 8 : 7);
        Assert.Empty(story.Place(4, 1).Placed);
        foreach (var (node, part) in ((int, int)[])[(1, 0), (2, 2), (3, 3)])
            VerificationScenarioSpecs.Reveal(story, node, part, node == 1 ? 8 : 7);
        Assert.Equal([1, 4, 5], story.Effects.OfType<Demand>().Last().Parts.Waiting);
        Assert.Single(story.Place(2, 1).Placed);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_result_that_is_taken_back_closes_the_gate_again()
    {
        var story = VerificationScenarioSpecs.Queued(3, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 1 }, privacy: new Privacy { Rotate = true });
        VerificationScenarioSpecs.Run(story, 1, 0, 7);
        VerificationScenarioSpecs.Run(story, 2, 1, 7);
        var late = Assert.Single(story.Place(3, 2).Placed).Attempt;
        story.Now += TimeSpan.FromSeconds(1);
        story.Do(new DistrustOperator(story.Id, Ids.Account(101), Ids.Node(1), Ids.Task(9), story.Now, story.Now));
        Assert.Equal([0], story.Effects.OfType<Demand>().Last().Parts.Waiting);
        story.Ready(3, late);
        Assert.Empty(story.Effects.OfType<GrantKeys>());
        Assert.Equal([late], story.Effect<StopAttempts>().Attempts);
    }

    [Fact]
    public void Parts_of_later_stages_come_in_their_turn()
    {
        var story = Rotating(2, Given.MapReduce);
        var run = new List<int>();
        while (story.State.Phase != TaskPhase.Completed)
        {
            var open = Assert.Single(TaskDecider.Demanded(story.State).Waiting);
            Assert.Empty(story.Place(1, [.. Enumerable.Range(0, story.State.Parts.Count).Where(p => p != open)]).Placed);
            story.Finish(1, open);
            run.Add(open);
        }

        Assert.Equal(Enumerable.Range(0, story.State.Parts.Count), run);
    }

    private static TaskStory Rotating(int parts, Func<TaskSpec, TaskSpec>? change = null)
        => Given.Queued(parts, s => (change?.Invoke(s) ?? s) with { Privacy = s.Privacy with { Rotate = true } });
}
