using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

public sealed class TaskRefusalSpecs
{
    private static PartAttempt First(int part) => new(part, 1);

    [Fact]
    public void The_same_submission_again_gets_the_same_answer_and_other_content_is_a_conflict()
    {
        var story = new TaskStory();
        story.Do(Given.Submit(1, 2));
        Assert.IsType<TaskOk>(story.Do(Given.Submit(1, 2)));
        Assert.Equal(FaultCodes.Conflict, Refusal(story.Do(Given.Submit(1, 3))));
        Assert.Single(story.Shell.Journal);
    }

    [Fact]
    public void A_submission_above_its_own_budget_without_parts_or_with_a_broken_spec_is_refused()
    {
        var good = Given.Submit(1, 1);
        var story = new TaskStory();
        Assert.Equal(FaultCodes.BudgetExceeded, Refusal(story.Do(good with { Hold = good.Submission.Budget + new Tokens(1) })));
        Assert.Equal(FaultCodes.Malformed, Refusal(story.Do(good with { Submission = good.Submission with { Parts = [] } })));
        Assert.Equal(FaultCodes.Malformed, Refusal(story.Do(good with { Submission = good.Submission with { SpecBytes = [1] } })));
        Assert.Equal(TaskPhase.None, story.State.Phase);
    }

    [Fact]
    public void A_key_is_released_once_to_one_node_session_and_session_key()
    {
        var story = Given.Queued(1);
        story.Place(1, 0);
        Assert.IsType<TaskRefused>(story.Ready(2, First(0)));
        story.Ready(1, First(0));
        var again = story.Ready(1, First(0));
        Assert.IsType<TaskOk>(again);
        Assert.Single(story.Effects.OfType<GrantKeys>());
        var other = story.Do(new ReleaseKeys(story.Id, Ids.Node(1), 1, [8, 8], [First(0)], story.Now));
        Assert.IsType<TaskRefused>(other);
        Assert.Empty(story.Effects.OfType<GrantKeys>());
        Assert.Single(story.Shell.Journal.OfType<KeysReleased>());
    }

    [Fact]
    public void A_result_needs_the_current_attempt_its_node_and_its_key()
    {
        var story = Given.Queued(2);
        story.Place(1, 0, 1);
        Assert.Equal(FaultCodes.StaleAttempt, Answer(story.Report(1, First(0))));
        story.Ready(1, First(0));
        Assert.Equal(FaultCodes.StaleAttempt, Answer(story.Report(2, First(0))));
        Assert.Equal(FaultCodes.StaleAttempt, Answer(story.Report(1, new PartAttempt(0, 2))));
        Assert.Equal(FaultCodes.StaleAttempt, Answer(story.Report(1, new PartAttempt(77, 1))));
        Assert.Null(Answer(story.Report(1, First(0))));
        var events = story.Shell.Journal.Count;
        Assert.Null(Answer(story.Report(1, First(0))));
        Assert.Equal(events, story.Shell.Journal.Count);
    }

    [Fact]
    public void The_same_result_twice_in_one_report_counts_once()
    {
        var story = Given.Queued(2);
        story.Place(1, 0);
        story.Ready(1, First(0));
        var reply = story.Report(1, First(0), First(0));
        Assert.All(reply.Answers, a => Assert.Null(a.Refusal));
        Assert.Single(Assert.Single(story.Shell.Journal.OfType<PartsAccepted>()).Parts);
    }

    [Fact]
    public void Another_blob_for_an_accepted_attempt_is_stale()
    {
        var story = Given.Queued(2);
        story.Finish(1, 0);
        var other = TaskStory.Result(First(0)) with { Result = Ids.Blob(5_000_000) };
        var reply = (ResultsAnswered)story.Do(new AcceptResults(story.Id, Ids.Node(1), [other], story.Now));
        Assert.Equal(FaultCodes.StaleAttempt, Answer(reply));
    }

    [Fact]
    public void Placement_keeps_to_the_parallel_limit_the_price_and_what_really_waits()
    {
        var story = Given.Queued(4, s => s with { Privacy = s.Privacy with { Parallel = 2 } });
        var placed = story.Place(1, 0, 0, 1, 2);
        Assert.Equal([0, 1], placed.Placed.Select(p => p.Attempt.Part));
        Assert.Equal([0, 2], placed.Refused.Select(p => p.Part));
        Assert.Equal([2], story.Effect<Demand>().Parts.Waiting);
        Assert.Equal([0], story.Effect<Demand>().Parts.Gone!);
        Assert.Equal([2, 3], TaskDecider.Demanded(story.State).Waiting);

        var dear = Given.Queued(1);
        var reply = (PartsPlaced)dear.Do(new PlaceParts(
            dear.Id, [new Placed(0, Ids.Node(1), Ids.Account(9), 1, Given.Ask + new Tokens(1_000_000))], dear.Now));
        Assert.Single(reply.Refused);
    }

    [Fact]
    public void A_sticky_task_stays_with_its_node_while_something_runs_there()
    {
        var story = Given.Queued(3, s => s with { Privacy = s.Privacy with { Sticky = true } });
        story.Place(1, 0);
        Assert.Single(story.Place(2, 1).Refused);
        story.Fail(1, First(0), new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
        Assert.Single(story.Place(2, 1).Placed);
    }

    [Fact]
    public void Nobody_but_the_owner_sees_cancels_erases_or_changes_a_task()
    {
        var story = Given.Queued(1);
        var stranger = Ids.Account(66);
        Assert.Equal(FaultCodes.NotFound, Refusal(story.Do(new GetTask(story.Id, stranger, story.Now))));
        Assert.Equal(FaultCodes.NotFound, Refusal(story.Do(new CancelTask(story.Id, stranger, story.Now))));
        Assert.Equal(FaultCodes.NotFound, Refusal(story.Do(new EraseTask(story.Id, stranger, "x", story.Now))));
        Assert.Equal(FaultCodes.NotFound, Refusal(story.Do(new AdjustTask(story.Id, stranger, "c", Tier.Priority, null, null, story.Now))));
        Assert.IsType<TaskView>(story.Do(new GetTask(story.Id, Given.Owner, story.Now)));
        Assert.IsType<TaskView>(story.Do(new GetTask(story.Id, null, story.Now)));
    }

    [Fact]
    public void A_raised_budget_counts_only_once_the_account_holds_it()
    {
        var story = Given.Queued(2);
        var hold = story.State.Hold;
        var more = hold + hold;
        story.Do(new AdjustTask(story.Id, Given.Owner, "c1", null, more, null, story.Now));
        Assert.Equal(more, story.Effect<AdjustHold>().Amount);
        Assert.Equal(hold, story.State.Hold);
        Assert.Equal(FaultCodes.NotYet, Refusal(story.Do(new AdjustTask(story.Id, Given.Owner, "c2", null, hold, null, story.Now))));
        story.Do(new HoldAnswered(story.Id, null, more, "c1", story.Now));
        Assert.Equal(more, story.State.Hold);
        var events = story.Shell.Journal.Count;
        Assert.IsType<TaskOk>(story.Do(new AdjustTask(story.Id, Given.Owner, "c1", null, more, null, story.Now)));
        Assert.Equal(events, story.Shell.Journal.Count);
    }

    [Fact]
    public void A_raise_that_the_account_refuses_is_taken_back()
    {
        var story = Given.Queued(2);
        var hold = story.State.Hold;
        story.Do(new AdjustTask(story.Id, Given.Owner, "c1", null, hold + hold, null, story.Now));
        story.Do(new HoldAnswered(story.Id, new Fault(FaultCodes.InsufficientFunds, "Top up."), hold, "c1", story.Now));
        Assert.Equal((hold, hold), (story.State.Hold, story.State.BudgetMax));
        Assert.True(story.State.IsAlive);
        Assert.Null(story.State.Wish);
    }

    [Fact]
    public void A_budget_cannot_go_below_what_is_spent_and_promised()
    {
        var story = Given.Queued(2);
        story.Place(1, 0);
        Assert.Equal(
            FaultCodes.BudgetExceeded,
            Refusal(story.Do(new AdjustTask(story.Id, Given.Owner, "c1", null, story.State.Reserved - new Tokens(1), null, story.Now))));
    }

    [Fact]
    public void A_hold_that_appears_after_the_end_is_closed_again()
    {
        var story = new TaskStory();
        story.Do(Given.Submit(1, 1));
        story.Do(new CancelTask(story.Id, null, story.Now));
        story.Do(new SettlementBooked(story.Id, 0, true, story.Now));
        story.Do(new HoldAnswered(story.Id, null, story.State.Hold, null, story.Now));
        Assert.True(story.Effect<Settle>().Close);
    }

    private static string Refusal(TaskReply reply) => Assert.IsType<TaskRefused>(reply).Fault.Code;

    private static string? Answer(ResultsAnswered reply) => Assert.Single(reply.Answers).Refusal?.Code;
}
