using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>A task that brings nodes down is stopped; nodes that were only away, or died on their own, stop nobody.</summary>
public sealed class NodeDeathsSpecs
{
    [Fact]
    public void A_part_whose_three_nodes_were_lost_while_they_ran_it_stops_the_task_and_nobody_else_pays_for_it()
    {
        var story = Given.Queued(3);
        story.Finish(7, 1);
        Run(story, 8, new PartAttempt(2, 1));
        for (var node = 1; node <= 2; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            Die(story, node, new PartAttempt(0, node));
            Assert.True(story.State.IsAlive);
        }

        Run(story, 3, new PartAttempt(0, 3));
        Die(story, 3, new PartAttempt(0, 3));

        var reason = story.State.Ended!.Reason;
        Assert.Equal((FaultCodes.KillsNodes, Culprit.Program, false), (reason.Code, reason.Culprit, reason.Retryable));
        Assert.Contains(Ids.Node(2).ToString(), reason.Message, StringComparison.Ordinal);
        Assert.Equal([new PartAttempt(2, 1)], story.Effect<StopAttempts>().Attempts);
        Assert.Equal([1], story.Effect<Settle>().Lines.Select(l => l.Part));
        Assert.All(
            Enumerable.Range(1, 3),
            n => Assert.Null(story.Effects.OfType<FreeRoom>().Last(f => f.Node == Ids.Node(n)).Fault));
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void The_same_node_three_times_is_one_bad_node()
    {
        var story = Given.Queued(1);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Run(story, 1, new PartAttempt(0, attempt));
            Die(story, 1, new PartAttempt(0, attempt));
        }

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void Three_parts_that_lost_one_node_each_are_bad_luck()
    {
        var story = Given.Queued(3);
        for (var part = 0; part < 3; part++)
            Run(story, part + 1, new PartAttempt(part, 1));
        for (var part = 0; part < 3; part++)
            Die(story, part + 1, new PartAttempt(part, 1));

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void A_node_that_comes_back_with_the_attempt_did_not_die_of_it()
    {
        var story = Given.Queued(1);
        for (var node = 1; node <= 2; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            Die(story, node, new PartAttempt(0, node));
        }

        // The network was down, not the node: it is told to stop what is not current any more.
        var sorted = (AttemptsSorted)story.Do(new ResumeAttempts(story.Id, Ids.Node(1), 11, [new PartAttempt(0, 1)], story.Now));
        Assert.Equal([new PartAttempt(0, 1)], sorted.Stop);
        Run(story, 3, new PartAttempt(0, 3));
        Die(story, 3, new PartAttempt(0, 3));

        Assert.True(story.State.IsAlive);
        Assert.Equal(2, story.State.Parts[0].Trouble!.Deaths.Count);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void Losses_that_a_restarted_hub_finds_speak_against_nobody()
    {
        var story = Given.Queued(1);
        for (var node = 1; node <= 4; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            story.Shell.Crash(story.Now);
            story.Do(new LoseSessions(story.Id, [(Ids.Node(node), (ulong)node)], story.Now));
        }

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void Nodes_that_stop_as_they_said_or_are_told_to_are_no_evidence()
    {
        var story = Given.Queued(1);
        for (var node = 1; node <= 4; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            story.Fail(node, new PartAttempt(0, node), new Fault(FaultCodes.NodeRestarted, "The node is shutting down.", Culprit.Node, true));
        }

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void A_node_that_dies_before_it_had_the_keys_did_not_die_of_the_program()
    {
        var story = Given.Queued(1);
        for (var node = 1; node <= 4; node++)
        {
            story.Place(node, 0);
            Die(story, node, new PartAttempt(0, node));
        }

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void A_node_that_dies_long_after_the_part_began_died_by_itself()
    {
        var story = Given.Queued(1, s => s with { Limits = s.Limits with { TimeSeconds = 7200 } });
        for (var node = 1; node <= 4; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            story.Now += TaskRules.DeathWindow + TimeSpan.FromSeconds(1);
            Die(story, node, new PartAttempt(0, node));
        }

        Assert.True(story.State.IsAlive);
    }

    [Fact]
    public void Nodes_whose_process_is_another_one_without_a_word_died_too()
    {
        var story = Given.Queued(1);
        for (var node = 1; node <= 3; node++)
        {
            Run(story, node, new PartAttempt(0, node));
            story.Do(new ResumeAttempts(story.Id, Ids.Node(node), 100, [], story.Now) { NodeDied = true });
        }

        Assert.Equal(FaultCodes.KillsNodes, story.State.Ended!.Reason.Code);
    }

    private static void Run(TaskStory story, int node, PartAttempt attempt)
    {
        Assert.Equal(attempt, Assert.Single(story.Place(node, attempt.Part).Placed).Attempt);
        story.Ready(node, attempt);
    }

    private static void Die(TaskStory story, int node, PartAttempt attempt) => story.Do(new FailAttempts(
        story.Id, Ids.Node(node),
        [new FailedAttempt(attempt, new Fault(FaultCodes.NodeLost, "The node fell silent.", Culprit.Node, true), null, []) { NodeDied = true }], story.Now));
}
