using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

public sealed class StageSpecs
{
    [Fact]
    public void A_reduce_part_waits_for_all_it_needs_and_only_then_is_in_the_demand()
    {
        var story = Given.Queued(3, Given.MapReduce);
        Assert.Equal([0, 1, 2], story.Effect<Demand>().Parts.Waiting);
        Assert.Empty(story.Place(1, 3).Placed);
        story.Finish(1, 0, 1);
        Assert.Equal(1, story.State.Parts[3].Missing);
        story.Finish(2, 2);
        var demand = story.Effect<Demand>().Parts;
        Assert.Equal([3], demand.Waiting);
        Assert.Equal(2_000, demand.Spec.Resources.CpuMillis);
        Assert.Equal(90, demand.Spec.Limits.TimeSeconds);
        Assert.Equal(TaskPhase.Running, story.State.Phase);

        story.Place(1, 3);
        var started = Assert.Single(story.Effect<StartAttempts>().Attempts);
        Assert.Equal("reduce", story.Effect<StartAttempts>().Stage.Name);
        Assert.Null(started.Input.Own);
        Assert.Equal([0, 1, 2], started.Input.Results.Select(r => r.Part));
        Assert.Equal(story.State.Parts[1].Result!.Result, started.Input.Results[1].Result);
        story.Ready(1, started.Attempt);
        story.Report(1, started.Attempt);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void A_task_of_two_stages_costs_no_event_more_than_its_parts_do()
    {
        var story = Given.Queued(1, Given.MapReduce);
        story.Finish(1, 0);
        story.Finish(1, 1);
        Assert.Equal(7, story.Shell.Journal.Count); // submitted, and three for each part
        Assert.DoesNotContain(story.Shell.Journal, e => e is PartsAdded);
    }

    [Fact]
    public void A_stage_of_several_parts_deals_the_results_out_and_a_single_result_goes_to_all()
    {
        var plan = StagePlan.Of(
            Given.Spec(s => s with { Stages = [Given.Stage("tree", ["main"], 3), Given.Stage("top", ["tree"]), Given.Stage("fan", ["top"], 2)] }), 8).Value;
        var origins = plan.AtSubmission();
        Assert.Equal(["0,1", "2,3,4", "5,6,7", "8,9,10", "11", "11"], origins.Select(o => string.Join(',', o.AllNeeds)));
        Assert.Equal([0, 1, 2, 0, 0, 1], origins.Select(o => o.Index));
        Assert.Equal(["fan"], plan.Final.Select(s => s.Name));
    }

    [Fact]
    public void Each_round_adds_parts_with_the_same_inputs_and_the_last_rounds_result()
    {
        var story = Given.Queued(2, s => Given.InRounds(s, 3));
        Assert.Equal(3, story.State.Parts.Count);
        FinishRound(story, 0, 1, 2);
        Assert.Equal((6, 2), (story.State.Parts.Count, story.State.Round));
        var added = Assert.Single(story.Shell.Journal.OfType<PartsAdded>());
        Assert.Equal(3, added.First);
        Assert.Equal([0, 1, null], added.Parts.Select(p => p.Source));
        Assert.Equal([2, 2, null], added.Parts.Select(p => p.Carry));
        Assert.Equal([3, 4], added.Parts[2].AllNeeds);

        story.Place(1, 3);
        var input = Assert.Single(story.Effect<StartAttempts>().Attempts).Input;
        Assert.Equal(story.State.Order.Parts[0], input.Own);
        Assert.Equal(2, Assert.Single(input.Results).Part);
        Assert.NotEqual(story.State.Order.Parts[0].Id, input.Id);
    }

    [Fact]
    public void Rounds_end_at_the_most_and_then_what_follows_gets_the_last_result()
    {
        var story = Given.Queued(2, s => Given.InRounds(s, 2));
        FinishRound(story, 0, 1, 2);
        FinishRound(story, 3, 4, 5);
        Assert.Equal(7, story.State.Parts.Count);
        Assert.Equal([5], story.State.OriginOf(6).AllNeeds);
        Assert.True(story.State.IsAlive);
        story.Finish(1, 6);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(7, story.Effect<Settle>().Number);
    }

    [Fact]
    public void A_stop_ends_the_rounds_early_and_survives_a_crash()
    {
        var story = Given.Queued(2, s => Given.InRounds(s, 50));
        FinishRound(story, 0, 1);
        var last = story.Place(1, 2).Placed[0].Attempt;
        story.Ready(1, last);
        story.ReportStop(1, last);
        Assert.Equal((4, 1), (story.State.Parts.Count, story.State.Round));
        var before = TaskDump.Of(story.State);
        var owed = story.Shell.Crash(story.Now);
        Assert.Equal(before, TaskDump.Of(story.State));
        Assert.Equal([3], Assert.Single(owed.OfType<Demand>()).Parts.Waiting);
        story.Finish(1, 3);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void A_stop_of_a_part_that_ends_no_round_means_nothing()
    {
        var story = Given.Queued(2, s => Given.InRounds(s, 3));
        var first = story.Place(1, 0).Placed[0].Attempt;
        story.Ready(1, first);
        story.ReportStop(1, first);
        Assert.Equal((3, 1), (story.State.Parts.Count, story.State.Round));
    }

    [Fact]
    public void The_shares_of_all_parts_that_may_come_stay_within_the_hold()
    {
        var state = Given.Queued(4, s => Given.InRounds(s, 3)).State;
        var most = state.Plan.Stages.Sum(s => state.Shares.For(s.Weight).Micros * s.Parts * (s.Repeats ? 3 : 1));
        Assert.InRange(most, state.Hold.Micros - state.Plan.Total, state.Hold.Micros);
        Assert.All(state.Plan.Stages, s => Assert.True(state.MaxAskPerCoreHour(s) >= Given.Ask));
    }

    [Theory]
    [InlineData("needs itself", "reduce", "reduce")]
    [InlineData("there is no such stage", "reduce", "nothing")]
    [InlineData("lower-case", "Reduce!", "main")]
    [InlineData("two stages", "main", "main")]
    public void Stages_that_make_no_sense_are_refused(string says, string name, string need)
    {
        var story = new TaskStory();
        var refused = Assert.IsType<TaskRefused>(story.Do(Unpriced(s => s with { Stages = [Given.Stage(name, [need])] })));
        Assert.Contains(says, refused.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cycles_rounds_without_one_end_and_too_many_results_are_refused()
    {
        Assert.Contains("by way of others", Fault(1, s => s with { Stages = [Given.Stage("a", ["b"]), Given.Stage("b", ["a"])] }), StringComparison.Ordinal);
        Assert.Contains("exactly one stage", Fault(1, s => s with { Stages = [Given.Stage("a", []), Given.Stage("b", [])], Rounds = Of("a", "b") }), StringComparison.Ordinal);
        Assert.Contains("has one part", Fault(2, s => s with { Rounds = Of("main") }), StringComparison.Ordinal);
        Assert.Contains("name that stage as well", Fault(1, s => s with
        {
            Stages = [Given.Stage("a", ["main"]), Given.Stage("b", ["main", "a"])],
            Rounds = Of("main", "b"),
        }), StringComparison.Ordinal);
        Assert.Contains("tree of stages", Fault(2_000, s => s with { Stages = [Given.Stage("a", ["main"], 2_001)] }), StringComparison.Ordinal);
        Assert.Null(StagePlan.Of(Given.Spec(s => s with { Rounds = Of("main") }), 1).Fault);
    }

    private static RoundsSpec Of(params string[] stages) => new() { Of = stages, Max = 3 };

    private static string Fault(int parts, Func<TaskSpec, TaskSpec> change) => StagePlan.Of(Given.Spec(change), parts).Fault!.Message;

    private static SubmitTask Unpriced(Func<TaskSpec, TaskSpec> change)
    {
        var plain = Given.Submit(1, 2);
        return plain with { Submission = plain.Submission with { SpecBytes = Given.Spec(change).ToBytes() } };
    }

    private static void FinishRound(TaskStory story, params int[] parts)
    {
        foreach (var part in parts)
            story.Finish(1, part);
    }
}
