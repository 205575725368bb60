using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

public sealed class TaskScenarioSpecs
{
    private static PartAttempt First(int part) => new(part, 1);

    [Fact]
    public void A_submission_asks_for_its_hold_and_waits_for_the_answer()
    {
        var story = new TaskStory();
        var reply = story.Do(Given.Submit(1, 1));
        Assert.Equal(new TaskOk(story.Id, TaskPhase.Submitted), reply);
        Assert.Equal(Given.HoldFor(1, Given.Spec()), story.Effect<HoldFunds>().Amount);
        Assert.Empty(story.Effects.OfType<Demand>());
    }

    [Fact]
    public void A_confirmed_hold_puts_every_part_in_the_queue_without_an_event()
    {
        var story = Given.Queued(3);
        Assert.Equal(TaskPhase.Queued, story.State.Phase);
        Assert.Equal([0, 1, 2], story.Effect<Demand>().Parts.Waiting);
        Assert.Single(story.Shell.Journal);
    }

    [Fact]
    public void A_refused_hold_fails_the_task_with_the_accounts_reason()
    {
        var story = new TaskStory();
        story.Do(Given.Submit(1, 1));
        story.Do(new HoldAnswered(story.Id, new Fault(FaultCodes.InsufficientFunds, "Top up."), Tokens.Zero, null, story.Now));
        Assert.Equal(TaskPhase.Failed, story.State.Phase);
        Assert.Equal(FaultCodes.InsufficientFunds, story.State.Ended!.Reason.Code);
        Assert.Empty(story.Effects.OfType<Settle>());
        Assert.Single(story.Effects.OfType<Rest>());
    }

    [Fact]
    public void A_one_part_task_goes_from_the_queue_to_a_closed_hold_and_rests()
    {
        var story = Given.Queued(1);
        var placed = story.Place(1, 0);
        Assert.Equal(First(0), Assert.Single(placed.Placed).Attempt);
        var started = Assert.Single(story.Effect<StartAttempts>().Attempts);
        Assert.Equal((First(0), Ids.Blob(0)), (started.Attempt, started.Input.Own!.Value));

        story.Ready(1, First(0));
        Assert.Equal([First(0)], story.Effect<GrantKeys>().Attempts);

        Assert.Null(Assert.Single(story.Report(1, First(0)).Answers).Refusal);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        var settle = story.Effect<Settle>();
        Assert.True(settle.Close);
        Assert.Equal(new Tokens(1_050), Assert.Single(settle.Lines).Amount); // 1 core · 1 s · 1 token per core-second, 5 % fee
        Assert.Equal([First(0)], story.Effect<FreeRoom>().Attempts);
        Assert.Empty(story.Effect<Demand>().Parts.Waiting);

        story.Do(new SettlementBooked(story.Id, 1, true, story.Now));
        Assert.True(story.State.Settled);
        Assert.Single(story.Effects.OfType<Rest>());
        Assert.Equal(
            [typeof(TaskSubmitted), typeof(PartsAssigned), typeof(KeysReleased), typeof(PartsAccepted)],
            story.Shell.Journal.Select(e => e.GetType()));
    }

    [Fact]
    public void A_failed_attempt_frees_its_room_and_the_part_waits_again_with_a_higher_number()
    {
        var story = Given.Queued(1);
        story.Place(1, 0);
        story.Fail(1, First(0), new Fault(FaultCodes.NodeLost, "gone", Culprit.Node, true));
        Assert.Equal(FaultCodes.NodeLost, story.Effect<FreeRoom>().Fault!.Code);
        var demand = story.Effect<Demand>().Parts;
        Assert.Equal([0], demand.Waiting);
        Assert.Equal([Ids.Node(1)], demand.Avoid[0]);
        Assert.Equal(new PartAttempt(0, 2), Assert.Single(story.Place(2, 0).Placed).Attempt);
    }

    [Fact]
    public void The_same_program_fault_twice_ends_the_task_and_stops_what_runs()
    {
        var story = Given.Queued(2, s => s with { Limits = s.Limits with { Retries = 5 } });
        var fault = new Fault(FaultCodes.ProgramFailed, "Exit code 3.", Culprit.Program, true);
        story.Place(1, 0, 1);
        story.Fail(1, First(0), fault);
        Assert.Equal(TaskPhase.Running, story.State.Phase);
        story.Place(2, 0);
        story.Fail(2, new PartAttempt(0, 2), fault);
        Assert.Equal(TaskPhase.Failed, story.State.Phase);
        Assert.Equal(Culprit.Program, story.State.Ended!.Reason.Culprit);
        Assert.Equal([First(1)], story.Effect<StopAttempts>().Attempts);
        Assert.True(story.Effect<Settle>().Close);
    }

    [Fact]
    public void A_program_fault_that_no_retry_can_help_ends_the_task_at_once()
    {
        var story = Given.Queued(1);
        story.Place(1, 0);
        story.Fail(1, First(0), new Fault(FaultCodes.BadProgram, "Not a module.", Culprit.Program));
        Assert.Equal(FaultCodes.BadProgram, story.State.Ended!.Reason.Code);
    }

    [Fact]
    public void Faults_of_nodes_leave_the_programs_retries_alone_but_have_a_cap_of_their_own()
    {
        var story = Given.Queued(1, s => s with { Limits = s.Limits with { Retries = 0 } });
        for (var i = 1; i <= TaskRules.MaxOtherFaults; i++)
        {
            Assert.True(story.State.IsAlive);
            story.Place(i, 0);
            story.Fail(i, new PartAttempt(0, i), new Fault(FaultCodes.ExecutorFailed, "broken", Culprit.Node, true));
        }

        Assert.Equal(FaultCodes.RetriesExhausted, story.State.Ended!.Reason.Code);
    }

    [Fact]
    public void Cancelling_pays_for_what_was_finished_and_stops_the_rest()
    {
        var story = Given.Queued(3);
        story.Finish(1, 0);
        story.Place(2, 1);
        story.Do(new CancelTask(story.Id, Given.Owner, story.Now));
        Assert.Equal(TaskPhase.Cancelled, story.State.Phase);
        Assert.Equal([First(1)], story.Effect<StopAttempts>().Attempts);
        var settle = story.Effect<Settle>();
        Assert.Equal((1, true), (settle.Lines.Count, settle.Close));
        Assert.Empty(story.Effect<Demand>().Parts.Waiting);
        Assert.Equal(FaultCodes.AlreadyEnded, Assert.Single(story.Report(2, First(1)).Answers).Refusal!.Code);
    }

    [Fact]
    public void A_returning_node_keeps_what_it_names_and_loses_what_it_does_not()
    {
        var story = Given.Queued(3);
        story.Place(1, 0, 1);
        story.Ready(1, First(0), First(1));
        var reply = (AttemptsSorted)story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 50, [First(0), new PartAttempt(2, 1)], story.Now));
        Assert.Equal([new PartAttempt(2, 1)], reply.Stop);
        Assert.Equal([1], story.Effect<Demand>().Parts.Waiting);
        Assert.Empty(story.Effect<Demand>().Parts.Gone!);
        Assert.Equal([1, 2], TaskDecider.Demanded(story.State).Waiting);
        Assert.Null(Assert.Single(story.Report(1, First(0)).Answers).Refusal);
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(story.Report(1, First(1)).Answers).Refusal!.Code);
    }

    [Fact]
    public void Sessions_found_dead_lose_their_attempts_and_only_theirs()
    {
        var story = Given.Queued(2);
        story.Place(1, 0);
        story.Place(2, 1);
        story.Do(new LoseSessions(story.Id, [(Ids.Node(1), 1)], story.Now));
        Assert.Equal([0], story.Effect<Demand>().Parts.Waiting);
        Assert.Equal(1, story.State.RunningCount);
    }

    [Fact]
    public void A_deadline_ends_the_task_when_the_clock_says_so()
    {
        var story = Given.Queued(1, s => s with { Limits = s.Limits with { DeadlineSeconds = 60 } });
        Assert.Equal(Given.Start.AddSeconds(60), TaskDecider.NextDue(story.State));
        story.Now += TimeSpan.FromSeconds(60);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(TaskPhase.Expired, story.State.Phase);
    }

    [Theory]
    [InlineData(false, 120)]
    [InlineData(true, 90)]
    public void An_attempt_that_is_silent_too_long_is_placed_again(bool hasKey, int seconds)
    {
        var story = Given.Queued(1);
        story.Place(1, 0);
        if (hasKey)
            story.Ready(1, First(0));
        story.Now += TimeSpan.FromSeconds(seconds - 1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(1, story.State.RunningCount);
        story.Now += TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal((0, 1), (story.State.RunningCount, story.State.WaitingCount));
        Assert.Single(story.Effects.OfType<StopAttempts>());
    }

    [Fact]
    public void Retention_erases_every_blob_once_the_task_is_settled()
    {
        var story = Given.Queued(1, s => s with { Retain = s.Retain with { ResultsSeconds = 10 }, ImageBlob = new ImageBlob(BlobId.Of([9]), 9) });
        story.Finish(1, 0);
        Assert.IsType<TaskRefused>(story.Do(new EraseTask(story.Id, Given.Owner, "owner", story.Now)));
        story.Do(new SettlementBooked(story.Id, 1, true, story.Now));
        story.Now += TimeSpan.FromSeconds(10);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.True(story.State.Erased);
        Assert.Equal(4, story.Effect<EraseBlobs>().Blobs.Count); // input, program, image, result
    }

    [Fact]
    public void Settlements_of_a_long_task_go_out_every_256_parts_or_when_the_oldest_waits_too_long()
    {
        var story = Given.Queued(600);
        story.Finish(1, [.. Enumerable.Range(0, 255)]);
        Assert.Empty(story.Effects.OfType<Settle>());
        story.Finish(1, 255);
        var first = story.Effect<Settle>();
        Assert.Equal((256, 256, false), (first.Number, first.Lines.Count, first.Close));
        story.Finish(1, [.. Enumerable.Range(256, 300)]);
        Assert.Empty(story.Effects.OfType<Settle>()); // one at a time
        story.Do(new SettlementBooked(story.Id, 256, false, story.Now));
        Assert.Equal((556, 300), (story.Effect<Settle>().Number, story.Effect<Settle>().Lines.Count));
        story.Do(new SettlementBooked(story.Id, 556, false, story.Now));
        story.Finish(1, 556);
        story.Now += TaskRules.SettleAfter;
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal((557, 1), (story.Effect<Settle>().Number, story.Effect<Settle>().Lines.Count));
    }
}
