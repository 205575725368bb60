using Rxelon.Domain.Kernel;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>Sealed custody: the owner's client hands over keys; the hub records and passes on, once per attempt.</summary>
public sealed class TaskKeyGrantsSpecs
{
    private static readonly SessionProof Proof = new([1, 2], [3, 4], [5, 6]);
    private static readonly byte[] OtherKey = [8, 8];
    private static readonly PartAttempt First = new(0, 1);

    [Fact]
    public void An_attempt_that_is_ready_waits_for_its_owners_client_and_nothing_is_written()
    {
        var story = Ready();
        var before = story.Shell.Journal.Count;
        Assert.Empty(story.Effects.OfType<GrantKeys>());
        var request = Assert.Single(Requests(story).Requests);
        Assert.Equal((First, Ids.Node(1), Ids.Account(101)), (request.Attempt, request.Node, request.Operator));
        Assert.Equal((Given.SessionKey, Proof), (request.Wait.SessionKey, request.Wait.Proof));
        Assert.Equal(before, story.Shell.Journal.Count);
        Assert.True(((TaskView)story.Do(new GetTask(story.Id, Given.Owner, story.Now))).AwaitsOwner);
    }

    [Fact]
    public void Keys_that_the_owner_sealed_are_recorded_as_released_and_passed_on_as_they_are()
    {
        var story = Ready();
        Assert.Null(Assert.Single(Hand(story, First).Answers).Refusal);
        var pass = story.Effect<PassGrants>();
        Assert.Equal((Ids.Node(1), 1UL), (pass.Node, pass.Session));
        Assert.Equal([(First, new byte[] { 42 })], pass.Grants.Select(g => (g.Attempt, Assert.Single(g.Pages))), Same);
        var released = Assert.Single(story.Shell.Journal.OfType<KeysReleased>().SelectMany(e => e.Releases));
        Assert.Equal((First, Ids.Node(1), Given.SessionKey, true), (released.Attempt, released.Node, released.SessionKey, released.ByOwner));
        Assert.Empty(Requests(story).Requests);
        Assert.Null(Assert.Single(story.Report(1, First).Answers).Refusal);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void Keys_go_once_per_attempt_and_only_to_the_session_key_that_was_shown()
    {
        var story = Ready();
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(Hand(story, First, OtherKey).Answers).Refusal!.Code);
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(Hand(story, new PartAttempt(0, 2)).Answers).Refusal!.Code);
        Hand(story, First);
        Assert.Equal(FaultCodes.StaleAttempt, Assert.Single(Hand(story, First).Answers).Refusal!.Code);
        Assert.Empty(story.Effects.OfType<PassGrants>());
        Assert.Single(story.Shell.Journal.OfType<KeysReleased>());
    }

    [Fact]
    public void A_hub_that_lost_the_sealed_bytes_asks_again_for_the_same_session_key_and_records_no_second_release()
    {
        var story = Ready();
        Hand(story, First);
        story.Shell.Crash(story.Now);
        Assert.Empty(Requests(story).Requests);
        story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 50, [First], story.Now));

        Awaiting(story, 50, OtherKey); // another process's key: never
        Assert.Empty(Requests(story).Requests);
        Awaiting(story, 50, Given.SessionKey);
        Assert.Equal(First, Assert.Single(Requests(story).Requests).Attempt);
        Hand(story, First);
        Assert.Equal(50UL, story.Effect<PassGrants>().Session);
        Assert.Single(story.Shell.Journal.OfType<KeysReleased>());
        Assert.Null(Assert.Single(story.Report(1, First).Answers).Refusal);
    }

    [Fact]
    public void A_returning_session_is_shown_anew_with_its_own_proof()
    {
        var story = Ready();
        story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 50, [First], story.Now));
        Assert.Empty(Requests(story).Requests);
        var proof = new SessionProof([1, 2], [9], [9]);
        story.Do(new ReleaseKeys(story.Id, Ids.Node(1), 50, Given.SessionKey, [First], story.Now, proof));
        Assert.Equal(proof, Assert.Single(Requests(story).Requests).Wait.Proof);
    }

    [Fact]
    public void An_attempt_that_nobody_hands_keys_to_is_given_back_without_counting_and_waits_until_somebody_asks()
    {
        var story = Ready(retries: 0);
        for (var round = 1; round <= TaskRules.MaxOtherFaults + 2; round++)
        {
            story.Now += TaskRules.OwnerPatience;
            story.Do(new WakeTask(story.Id, story.Now));
            Assert.Equal(FaultCodes.OwnerAbsent, story.Effect<StopAttempts>().Reason);
            Assert.Equal(Culprit.None, story.Effect<FreeRoom>().Fault!.Culprit); // the node does not cool down
            Assert.Empty(story.Effect<Demand>().Parts.Waiting);
            Assert.Empty(story.Place(1, 0).Placed);
            Assert.True(((TaskView)story.Do(new GetTask(story.Id, Given.Owner, story.Now))).AwaitsOwner);

            story.Do(new AttendKeys(story.Id, Given.Owner, story.Now));
            Assert.Equal([0], story.Effect<Demand>().Parts.Waiting);
            Assert.Empty(story.Effect<Demand>().Parts.Avoid.GetValueOrDefault(0) ?? []);
            Assert.Equal(new PartAttempt(0, round + 1), Assert.Single(story.Place(1, 0).Placed).Attempt);
            Awaiting(story, 1, Given.SessionKey, round + 1);
        }

        var trouble = story.State.Parts[0].Trouble!;
        Assert.Equal((0, 0), (trouble.ProgramFaults, trouble.OtherFaults));
        Hand(story, new PartAttempt(0, story.State.Parts[0].Attempts));
        Assert.Equal(PartPhase.KeyReleased, ((TaskView)story.Do(new GetTask(story.Id, Given.Owner, story.Now))).Parts[0].Phase);
    }

    [Fact]
    public void A_waiting_attempt_is_not_taken_for_a_node_that_is_late()
    {
        var story = Ready();
        story.Now += TaskRules.ReadyLimit + TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Single(Requests(story).Requests);
        Hand(story, First);
        story.Now += TimeSpan.FromSeconds(60) + TaskRules.ReportGrace - TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.NotNull(story.State.Parts[0].Running); // its time began when the keys went
    }

    [Theory]
    [InlineData(BlobRef.HeldLimit, 90)]
    [InlineData(BlobRef.HeldLimit + 1, 210)]
    public void An_input_that_is_taken_after_the_keys_has_time_to_come(long size, int seconds)
    {
        var story = Given.Queued(1, size: size);
        story.Ready(1, story.Place(1, 0).Placed[0].Attempt);
        story.Now += TimeSpan.FromSeconds(seconds - 1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.NotNull(story.State.Parts[0].Running);
        story.Now += TimeSpan.FromSeconds(2);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Null(story.State.Parts[0].Running);
    }

    [Fact]
    public void A_hub_that_restarts_while_an_attempt_waits_takes_nobody_for_late()
    {
        var story = Ready();
        story.Now += TimeSpan.FromMinutes(5);
        story.Shell.Crash(story.Now);
        story.Do(new WakeTask(story.Id, story.Now));
        story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 50, [First], story.Now));
        Awaiting(story, 50, Given.SessionKey);
        Assert.Null(story.State.Parts[0].Trouble);
        Assert.Equal(First, Assert.Single(Requests(story).Requests).Attempt);
    }

    [Fact]
    public void Strangers_and_managed_tasks_have_nothing_to_hand_over()
    {
        var story = Ready();
        Assert.Equal(FaultCodes.NotFound, Refusal(story, new AttendKeys(story.Id, Ids.Account(77), story.Now)));
        Assert.Equal(FaultCodes.NotFound, Refusal(story, new GetKeyRequests(story.Id, Ids.Account(77), story.Now)));
        Assert.Equal(FaultCodes.NotFound, Refusal(story, new HandKeys(story.Id, Ids.Account(77), [], story.Now)));
        var managed = Given.Queued(1);
        Assert.Equal(FaultCodes.Conflict, Refusal(managed, new AttendKeys(managed.Id, Given.Owner, managed.Now)));
        managed.Place(1, 0);
        managed.Do(new ReleaseKeys(managed.Id, Ids.Node(1), 1, Given.SessionKey, [First], managed.Now, Proof));
        Assert.Single(managed.Effects.OfType<GrantKeys>());
    }

    [Fact]
    public void A_session_that_cannot_show_its_proof_gets_nothing()
    {
        var story = Sealed(2);
        story.Place(1, 0);
        Assert.Equal(FaultCodes.Malformed, ((TaskRefused)story.Ready(1, First)).Fault.Code);
        Assert.Empty(Requests(story).Requests);
    }

    [Fact]
    public void Waiting_is_not_kept()
        => Assert.All([typeof(KeysAwaited), typeof(KeysForwarded), typeof(OwnerAttended)], t => Assert.True(t.IsAssignableTo(typeof(IVolatileEvent))));

    private static bool Same((PartAttempt Attempt, byte[] Sealed) a, (PartAttempt Attempt, byte[] Sealed) b)
        => a.Attempt == b.Attempt && a.Sealed.AsSpan().SequenceEqual(b.Sealed);

    private static string Refusal(TaskStory story, ITaskCommand command) => Assert.IsType<TaskRefused>(story.Do(command)).Fault.Code;

    private static TaskStory Sealed(int retries)
        => Given.Queued(1, s => s with { Privacy = s.Privacy with { Custody = Custody.Sealed }, Limits = s.Limits with { Retries = retries } });

    private static TaskStory Ready(int retries = 2)
    {
        var story = Sealed(retries);
        story.Place(1, 0);
        Awaiting(story, 1, Given.SessionKey);
        return story;
    }

    private static void Awaiting(TaskStory story, ulong session, byte[] key, int attempt = 1)
        => story.Do(new ReleaseKeys(story.Id, Ids.Node(1), session, key, [new PartAttempt(0, attempt)], story.Now, Proof));

    private static KeyRequests Requests(TaskStory story) => (KeyRequests)story.Do(new GetKeyRequests(story.Id, Given.Owner, story.Now));

    private static KeysHanded Hand(TaskStory story, PartAttempt attempt, byte[]? key = null)
        => (KeysHanded)story.Do(new HandKeys(story.Id, Given.Owner, [new HandedKeys(attempt, Ids.Node(1), key ?? Given.SessionKey, [42])], story.Now));
}
