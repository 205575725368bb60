using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>Checkpoints and twins whose keys the owner's client hands over. In these stories a part takes one second.</summary>
public sealed class SealedTaskSpecs
{
    private const int Slow = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1) + TaskRules.StragglerLead;
    private static readonly PartAttempt First = new(Slow, 1);
    private static readonly PartAttempt Twin = new(4, 1);

    [Fact]
    public void The_owner_is_told_that_an_attempt_may_leave_a_checkpoint_and_whose_it_begins_from()
    {
        var story = Sealed(1);
        Await(story, 1, new PartAttempt(0, 1));
        Assert.Equal((true, null), Continues(Requests(story).Single()));
        Hand(story, 1, new PartAttempt(0, 1));
        HandOver(story, 1, new PartAttempt(0, 1));

        Await(story, 2, new PartAttempt(0, 2));
        Assert.Equal((true, 1), Continues(Requests(story).Single()));
        story.Shell.Crash(story.Now);
        story.Do(new ResumeAttempts(story.Id, Ids.Node(2), 2, [new PartAttempt(0, 2)], story.Now));
        Ready(story, 2, new PartAttempt(0, 2));
        Assert.Equal((true, 1), Continues(Requests(story).Single())); // the journal knows
        Hand(story, 2, new PartAttempt(0, 2));
        story.Report(2, new PartAttempt(0, 2));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void Of_a_verified_task_the_owner_is_asked_for_no_checkpoint_key()
    {
        var story = Sealed(1, s => s with { Verify = new VerifySpec { Policy = VerifyPolicy.Adaptive } });
        Await(story, 1, new PartAttempt(0, 1));
        Assert.Equal((false, null), Continues(Requests(story).Single()));
    }

    [Fact]
    public void A_twin_waits_for_its_owner_who_is_told_what_it_repeats_and_closes_the_slow_part()
    {
        var story = WithStraggler();
        story.Wait(Patience);
        Await(story, 2, Twin);
        var request = Assert.Single(Requests(story));
        Assert.Equal((Twin, Slow, Slow), (request.Attempt, request.Origin.CheckOf, request.Origin.Source));
        Hand(story, 2, Twin);
        story.Report(2, Twin);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal([First], story.Effect<StopAttempts>().Attempts);
        Assert.Equal(Twin, story.State.Parts[Slow].Result!.Attempt);
        Assert.All(story.Shell.Journal.OfType<KeysReleased>().SelectMany(e => e.Releases), r => Assert.True(r.ByOwner));
    }

    [Fact]
    public void A_slow_part_that_is_first_after_all_closes_a_twin_that_still_waits_for_its_owner()
    {
        var story = WithStraggler();
        story.Wait(Patience);
        Await(story, 2, Twin);
        story.Report(1, First);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal([Twin], story.Effect<StopAttempts>().Attempts);
        Assert.Empty(Requests(story));
    }

    [Fact]
    public void A_twin_that_nobody_hands_keys_to_is_given_back_and_costs_the_slow_part_nothing()
    {
        var story = WithStraggler();
        story.Wait(Patience);
        Await(story, 2, Twin);
        story.Now += TaskRules.OwnerPatience;
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(FaultCodes.OwnerAbsent, story.Effect<StopAttempts>().Reason);
        Assert.NotNull(story.State.Parts[Slow].Running);
        Assert.Empty(story.Place(3, 4).Placed);
        story.Report(1, First);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void An_attempt_that_waits_for_its_owner_is_not_slow()
    {
        var story = Finished();
        Await(story, 1, First);
        story.Wait(TimeSpan.FromMinutes(5));
        Assert.Equal(4, story.State.Parts.Count);
        Hand(story, 1, First);
        story.Wait(Patience);
        Assert.Equal(5, story.State.Parts.Count);
    }

    [Fact]
    public void An_attempt_whose_keys_a_restarted_hub_asks_for_again_is_slow_from_when_it_gets_them()
    {
        var story = WithStraggler();
        story.Now += TimeSpan.FromSeconds(1);
        story.Shell.Crash(story.Now);
        story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 1, [First], story.Now));
        Ready(story, 1, First);
        story.Wait(TimeSpan.FromMinutes(5));
        Assert.Equal(4, story.State.Parts.Count);
        Hand(story, 1, First);
        var handed = story.Now;
        story.Wait(TimeSpan.FromMinutes(5));
        Assert.Equal(5, story.State.Parts.Count);
        Assert.InRange(story.Now - handed, Patience, Patience + TaskRules.StragglerLead);
    }

    private static (bool May, int? From) Continues(KeyRequest request) => (request.MayLeaveCheckpoint, request.BeginsFrom);

    private static TaskStory Sealed(int parts, Func<TaskSpec, TaskSpec>? change = null)
        => Given.Queued(parts, s => (change ?? (same => same))(s with { Privacy = s.Privacy with { Custody = Custody.Sealed } }));

    // A part may run for longer than its owner's client is waited for.
    private static TaskStory Finished()
    {
        var story = Sealed(4, s => s with { Limits = s.Limits with { Speculate = true, TimeSeconds = 3_600 } });
        for (var part = 0; part < Slow; part++)
        {
            Await(story, 1, new PartAttempt(part, 1));
            Hand(story, 1, new PartAttempt(part, 1));
            story.Report(1, new PartAttempt(part, 1));
        }

        return story;
    }

    private static TaskStory WithStraggler()
    {
        var story = Finished();
        Await(story, 1, First);
        Hand(story, 1, First);
        return story;
    }

    private static void Await(TaskStory story, int node, PartAttempt attempt)
    {
        Assert.Equal(attempt, Assert.Single(story.Place(node, attempt.Part).Placed).Attempt);
        Ready(story, node, attempt);
    }

    private static void Ready(TaskStory story, int node, PartAttempt attempt) => story.Do(new ReleaseKeys(
        story.Id, Ids.Node(node), (ulong)node, Given.SessionKey, [attempt], story.Now, new SessionProof([1, 2], [3, 4], [5, 6])));

    private static IReadOnlyList<KeyRequest> Requests(TaskStory story)
        => ((KeyRequests)story.Do(new GetKeyRequests(story.Id, Given.Owner, story.Now))).Requests;

    private static void Hand(TaskStory story, int node, PartAttempt attempt)
    {
        var handed = (KeysHanded)story.Do(new HandKeys(story.Id, Given.Owner, [new HandedKeys(attempt, Ids.Node(node), Given.SessionKey, [42])], story.Now));
        Assert.Null(Assert.Single(handed.Answers).Refusal);
    }

    private static void HandOver(TaskStory story, int node, PartAttempt attempt) => story.Do(new FailAttempts(
        story.Id, Ids.Node(node),
        [new FailedAttempt(attempt, new Fault(FaultCodes.HandedOver, "moves", Culprit.None, true), null, []) { Checkpoint = Ids.Blob(9), CheckpointSignature = [8] }],
        story.Now));
}
