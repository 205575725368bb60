using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;

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

    private static TaskStory Rotating(int parts) => Given.Queued(parts, s => s with { Privacy = s.Privacy with { Rotate = true } });
}
