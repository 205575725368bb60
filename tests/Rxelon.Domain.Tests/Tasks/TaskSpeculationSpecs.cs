using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>Slow parts get a twin, and the first of both closes the other. In these stories a part takes one second.</summary>
public sealed class TaskSpeculationSpecs
{
    private const int Slow = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1) + TaskRules.StragglerLead;
    private static readonly PartAttempt First = new(Slow, 1);
    private static readonly PartAttempt Twin = new(4, 1);

    [Fact]
    public void A_part_that_takes_far_longer_than_the_others_gets_a_twin_that_goes_last_and_elsewhere()
    {
        var story = WithStraggler();
        story.Wait(Patience);

        Assert.Equal(Slow, story.State.OriginOf(4).CheckOf);
        Assert.Equal(Slow, story.State.OriginOf(4).Source);
        var demand = story.Effect<Demand>().Parts;
        Assert.Equal([4], demand.Waiting);
        Assert.Equal([Ids.Node(1)], demand.Avoid[4]);
        Assert.Contains(4, demand.Paired);
        Assert.True(demand.SubmittedAt > story.Now.AddYears(1000));
        Assert.Empty(story.Place(1, 4).Placed);
        Assert.Equal(Twin, Assert.Single(story.Place(2, 4).Placed).Attempt);
    }

    [Fact]
    public void A_twin_that_is_first_closes_the_slow_part_with_its_result_and_only_it_is_paid()
    {
        var story = WithTwin();
        story.Report(2, Twin);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal([First], story.Effect<StopAttempts>().Attempts);
        Assert.Equal((Twin, Tokens.Zero), (story.State.Parts[Slow].Result!.Attempt, story.State.Parts[Slow].Result!.Cost));
        Assert.Equal(2, story.Effects.OfType<FreeRoom>().Count());
        var lines = story.Effect<Settle>().Lines;
        Assert.Equal((Ids.Account(102), true), (lines.Single(l => l.Part == 4).Operator, lines.Single(l => l.Part == 4).Amount > Tokens.Zero));
        Assert.Equal(Tokens.Zero, lines.Single(l => l.Part == Slow).Amount);
        Assert.Equal((0, Tokens.Zero), (story.State.RunningCount, story.State.Reserved));
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));

        // The slow one comes after all: recorded nowhere, paid nowhere.
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(story.Report(1, First).Answers).Refusal!.Code);
    }

    [Fact]
    public void A_slow_part_that_is_first_after_all_stops_its_twin()
    {
        var story = WithTwin();
        story.Report(1, First);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal([Twin], story.Effect<StopAttempts>().Attempts);
        Assert.Equal((4, 4), (story.State.AcceptedOrdered, story.State.Parts.Count - story.State.CheckCount));
        Assert.Equal(story.State.Cost, Tokens.Sum(story.State.Parts.Select(p => p.Result!.Cost)));
    }

    [Fact]
    public void A_twin_that_nobody_took_is_closed_with_the_part()
    {
        var story = WithStraggler();
        story.Wait(Patience);
        story.Report(1, First);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Null(story.Shell.Journal.OfType<PartsSpared>().Single().Parts[0].Stopped);
        Assert.Empty(story.Effects.OfType<StopAttempts>());
    }

    [Fact]
    public void Nothing_is_repeated_before_three_parts_are_accepted_or_while_something_waits_or_without_being_asked()
    {
        var early = Given.Queued(4, Speculating);
        early.Finish(1, 0, 1);
        Run(early, 1, 2, 3);
        early.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal(4, early.State.Parts.Count);

        var waiting = Given.Queued(6, Speculating);
        waiting.Finish(1, 0, 1, 2);
        Run(waiting, 1, 3, 4);
        waiting.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal(6, waiting.State.Parts.Count);

        var plain = Given.Queued(4);
        plain.Finish(1, 0, 1, 2);
        Run(plain, 1, Slow);
        plain.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal(4, plain.State.Parts.Count);
    }

    [Fact]
    public void A_part_has_one_twin_and_one_part_in_ten_at_once()
    {
        var story = Given.Queued(5, Speculating);
        story.Finish(1, 0, 1, 2);
        Run(story, 1, 3, 4);
        story.Wait(Patience);
        story.Wait(TimeSpan.FromSeconds(10));
        Assert.Equal(6, story.State.Parts.Count);

        story.Place(2, 5);
        story.Ready(2, new PartAttempt(5, 1));
        story.Report(2, new PartAttempt(5, 1));
        story.Wait(TaskRules.StragglerLead);
        Assert.Equal([3, 4], story.State.Checks.Keys.Order());
    }

    [Fact]
    public void The_clock_is_remembered_by_a_hub_that_starts_again()
    {
        var story = WithStraggler();
        story.Shell.Crash(story.Now);
        Assert.True(TaskDecider.NextDue(story.State) <= story.Now + TaskRules.StragglerLead);
        story.Wait(Patience);
        Assert.Equal(5, story.State.Parts.Count);
    }

    [Fact]
    public void A_lost_slow_part_waits_beside_its_twin_and_a_failing_twin_ends_nothing()
    {
        var story = WithTwin();
        for (var attempt = 1; attempt <= TaskRules.MaxOtherFaults + 1; attempt++)
        {
            story.Fail(2, new PartAttempt(4, attempt), new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
            Assert.True(story.State.IsAlive);
            story.Place(2, 4);
        }

        story.Fail(1, First, new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
        Assert.Empty(story.Place(2, Slow).Placed);
        Assert.Single(story.Place(3, Slow).Placed);
    }

    [Fact]
    public void Parts_that_need_the_slow_one_get_the_twins_result()
    {
        var story = Given.Queued(4, s => Given.MapReduce(Speculating(s)));
        story.Finish(1, 0, 1, 2);
        Run(story, 1, Slow);
        story.Wait(Patience);
        Assert.Equal(6, story.State.Parts.Count);
        var twin = new PartAttempt(5, 1);
        story.Place(2, 5);
        story.Ready(2, twin);
        story.Report(2, twin);

        story.Place(1, 4);
        var needs = story.Effect<StartAttempts>().Attempts[0].Input.Results;
        Assert.Equal((5, 1), (needs[Slow].Part, needs[Slow].Attempt));
        story.Ready(1, new PartAttempt(4, 1));
        story.Report(1, new PartAttempt(4, 1));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void What_does_not_go_with_it_is_refused()
    {
        foreach (var change in (Func<TaskSpec, TaskSpec>[])
        [
            s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Adaptive } },
            s => s with { Privacy = s.Privacy with { Rotate = true } },
            s => s with { Privacy = s.Privacy with { Sticky = true } },
        ])
        {
            var refused = Assert.IsType<TaskRefused>(new TaskStory().Do(Given.Submit(1, 2, s => change(Speculating(s)))));
            Assert.Contains("limits.speculate", refused.Fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_spec_that_does_not_ask_for_it_keeps_its_bytes()
        => Assert.DoesNotContain("peculate", global::System.Text.Encoding.UTF8.GetString(Given.Spec().ToBytes()), StringComparison.Ordinal);

    private static TaskSpec Speculating(TaskSpec s) => s with { Limits = s.Limits with { Speculate = true } };

    [Fact]
    public void A_part_whose_large_input_comes_after_its_keys_is_slow_later_by_that()
    {
        var story = WithStraggler(size: 4 * TaskRules.InputRate);

        story.Wait(Patience + TimeSpan.FromSeconds(3.9));
        Assert.Equal(4, story.State.Parts.Count);
        story.Wait(TimeSpan.FromSeconds(0.2));
        Assert.Equal(5, story.State.Parts.Count);
    }

    private static TaskStory WithStraggler(long? size = null)
    {
        var story = Given.Queued(4, Speculating, size);
        story.Finish(1, 0, 1, 2);
        Run(story, 1, Slow);
        return story;
    }

    private static TaskStory WithTwin()
    {
        var story = WithStraggler();
        story.Wait(Patience);
        story.Place(2, 4);
        story.Ready(2, Twin);
        return story;
    }

    private static void Run(TaskStory story, int node, params int[] parts)
        => story.Ready(node, [.. story.Place(node, parts).Placed.Select(p => p.Attempt)]);
}
