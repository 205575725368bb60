using System.Security.Cryptography;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>Stories of verified tasks. Node n belongs to operator 100 + n; an answer is a small number.</summary>
public sealed class VerificationScenarioSpecs
{
    private static readonly VerifySpec TwoOfThree = new() { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2 };
    private static readonly VerifySpec Everything = new() { Policy = VerifyPolicy.Spot, RateMillionths = 1_000_000 };

    [Fact]
    public void With_a_quorum_every_part_is_there_several_times_from_the_start()
    {
        var story = Queued(2, TwoOfThree);
        Assert.Equal([null, null, 0, 0, 1, 1], story.State.Parts.Select(p => p.Origin?.CheckOf));
        Assert.Equal(Given.HoldFor(6, Given.Spec()), story.State.Hold);
        Assert.Equal(story.State.Shares.For(1), new Tokens(story.State.Hold.Micros / 6));
    }

    [Fact]
    public void Copies_of_a_part_go_to_different_operators_only()
    {
        var story = Queued(1, TwoOfThree);
        Assert.Single(story.Place(1, 0, 1).Placed);
        Assert.Empty(story.Place(1, 2).Placed);
        Assert.Single(story.Place(2, 1).Placed);
        var demand = story.Do(new WakeTask(story.Id, story.Now));
        Assert.IsType<TaskOk>(demand);
        Assert.Empty(story.Place(2, 2).Placed);
        var told = story.Effect<Demand>().Parts.Apart[2];
        Assert.Equal(0, told.Number);
        Assert.Equal([Ids.Account(101), Ids.Account(102)], told.Operators.OrderBy(o => o.ToString()));
    }

    [Fact]
    public void Nobody_is_asked_to_reveal_before_every_copy_was_reported()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Assert.Empty(story.Effects.OfType<RequestReveals>());
        Report(story, 2, 1, 7);
        Assert.Empty(story.Effects.OfType<RequestReveals>());
        Reveal(story, 1, 0, 7);
        Assert.DoesNotContain(story.Shell.Journal, e => e is AnswersRevealed);
        Report(story, 3, 2, 7);
        Assert.Equal([Ids.Node(1), Ids.Node(2), Ids.Node(3)], story.Effects.OfType<RequestReveals>().Select(r => r.Node).OrderBy(n => n.ToString()));
        Assert.Equal(PartPhase.Reported, story.State.PhaseOf(story.State.Parts[0]));
    }

    [Fact]
    public void A_liar_is_outvoted_gets_nothing_and_its_part_takes_the_right_result()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 8);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 7);
        Reveal(story, 1, 0, 8);
        Reveal(story, 2, 1, 7);
        Reveal(story, 3, 2, 7);

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(Ids.Node(1), Assert.Single(story.Effects.OfType<Accuse>()).Node);
        Assert.Equal(new PartAttempt(1, 1), story.State.Parts[0].Result!.Attempt);
        Assert.Equal(Tokens.Zero, story.State.Parts[0].Result!.Cost);
        Assert.Equal(story.State.Parts[1].Result!.Cost * 2, story.State.Cost);
        Assert.Empty(story.Effects.OfType<Settle>());
        Heard(story, 1);
        var settle = story.Effect<Settle>();
        Assert.True(settle.Close);
        Assert.DoesNotContain(settle.Lines, l => l.Operator == Ids.Account(101) && l.Amount > Tokens.Zero);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void Two_that_agree_decide_when_there_is_nobody_left_for_the_third()
    {
        // Three operators, two parts; the third lies in one part and has begun the other.
        var story = Queued(2, TwoOfThree);
        foreach (var (node, part) in ((int, int)[])[(1, 0), (1, 1), (2, 2), (2, 4), (3, 3), (3, 5)])
            story.Ready(node, Assert.Single(story.Place(node, part).Placed).Attempt);
        Report(story, 1, 0, 7);
        Report(story, 2, 2, 7);
        Report(story, 3, 3, 8);
        Report(story, 1, 1, 7);
        Report(story, 2, 4, 7);
        Reveal(story, 1, 0, 7);
        Reveal(story, 2, 2, 7);
        Reveal(story, 3, 3, 8);

        Assert.Equal([Ids.Node(1), Ids.Node(2)], story.Effects.OfType<RequestReveals>().Where(r => r.Attempts.Any(a => a.Part is 1 or 4)).Select(r => r.Node).Distinct().OrderBy(n => n.ToString()));
        Reveal(story, 1, 1, 7);
        Reveal(story, 2, 4, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(Tokens.Zero, story.State.Parts[5].Result!.Cost);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_drawn_part_is_checked_by_another_operator_and_counts_when_both_agree()
    {
        var story = Queued(1, Everything);
        Run(story, 1, 0, 7);
        Assert.Equal(0, story.State.AcceptedCount);
        Assert.Equal([1], story.Effect<Demand>().Parts.Waiting);
        Assert.Empty(story.Place(1, 1).Placed);
        Run(story, 2, 1, 7);
        Reveal(story, 1, 0, 7);
        Reveal(story, 2, 1, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.All(story.State.Parts, p => Assert.True(p.Result!.Cost > Tokens.Zero));
    }

    [Fact]
    public void A_part_that_is_not_drawn_costs_no_event_more()
    {
        var story = Queued(1, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 1 });
        Run(story, 1, 0, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(4, story.Shell.Journal.Count);
    }

    [Fact]
    public void A_report_without_a_promise_is_refused_in_a_verified_task()
    {
        var story = Queued(1, Everything);
        var attempt = story.Place(1, 0).Placed[0].Attempt;
        story.Ready(1, attempt);
        Assert.Equal(FaultCodes.Malformed, story.Report(1, attempt).Answers[0].Refusal!.Code);
    }

    [Fact]
    public void An_answer_that_was_not_promised_is_a_proven_lie_and_the_part_runs_again_elsewhere()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 7);
        Reveal(story, 1, 0, 8);
        Assert.Equal(TaskVerificationReason, Assert.Single(story.Effects.OfType<Accuse>()).Reason);
        Assert.True(story.State.Parts[0].IsWaiting);
        Assert.Empty(story.Place(1, 0).Placed);
        Run(story, 4, 0, 7);
        Reveal(story, 4, 0, 7);
        Reveal(story, 2, 1, 7);
        Reveal(story, 3, 2, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void Two_answers_that_differ_call_for_a_third_operator()
    {
        var story = Queued(1, Everything);
        Run(story, 1, 0, 8);
        Run(story, 2, 1, 7);
        Reveal(story, 1, 0, 8);
        Reveal(story, 2, 1, 7);
        Assert.Equal([0, 0], story.State.Parts.Skip(1).Select(p => p.Origin!.CheckOf!.Value));
        Run(story, 3, 2, 7);
        Assert.Equal(Ids.Node(3), story.Effect<RequestReveals>().Node);
        Reveal(story, 3, 2, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(Ids.Node(1), Assert.Single(story.Effects.OfType<Accuse>()).Node);
    }

    [Fact]
    public void Five_different_answers_fail_the_task_and_everybody_is_paid()
    {
        var story = Queued(1, Everything);
        for (var n = 0; n < VerificationRules.MaxAnswers; n++)
        {
            Run(story, n + 1, n, n);
            foreach (var shown in Enumerable.Range(0, n + 1))
                Reveal(story, shown + 1, shown, shown);
        }

        Assert.Equal(TaskPhase.Failed, story.State.Phase);
        Assert.Equal(FaultCodes.ResultsDiffer, story.State.Ended!.Reason.Code);
        Assert.Empty(story.Effects.OfType<Accuse>());
        Assert.Equal(VerificationRules.MaxAnswers, story.Effect<Settle>().Lines.Count(l => l.Amount > Tokens.Zero));
    }

    [Fact]
    public void A_proven_liar_loses_what_it_earned_in_the_task_and_its_unchecked_results_run_again()
    {
        var story = Queued(4, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 500_000 }, SeedThatDraws(4, 3));
        Run(story, 1, 0, 7);
        Run(story, 1, 1, 7);
        Run(story, 2, 2, 7);
        Assert.Equal(3, story.State.AcceptedCount);
        Run(story, 1, 3, 8);
        Run(story, 2, 4, 7);
        Reveal(story, 1, 3, 8);
        Reveal(story, 2, 4, 7);
        Run(story, 3, 5, 7);
        Reveal(story, 3, 5, 7);

        Assert.Equal(TaskPhase.Running, story.State.Phase);
        Assert.Equal([0, 1], Enumerable.Range(0, 6).Where(p => story.State.Parts[p].IsWaiting));
        Assert.Equal(story.State.Parts[2].Result!.Cost * 3, story.State.Cost);
        Assert.Empty(story.Place(1, 0).Placed);
        Heard(story, 1);
        Run(story, 3, 0, 7);
        Run(story, 3, 1, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.DoesNotContain(story.Effect<Settle>().Lines, l => l.Operator == Ids.Account(101) && l.Amount > Tokens.Zero);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_node_that_does_not_show_its_answer_in_time_has_failed_the_attempt()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 7);
        Reveal(story, 2, 1, 7);
        Reveal(story, 3, 2, 7);
        story.Now += VerificationRules.RevealLimit + TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(FaultCodes.NodeLost, story.State.Parts[0].Trouble!.Last.Code);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.DoesNotContain(story.Effect<Settle>().Lines, l => l.Operator == Ids.Account(101));
    }

    [Fact]
    public void The_place_of_one_that_was_silent_is_taken_when_the_others_differ()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 8);
        Reveal(story, 2, 1, 7);
        Reveal(story, 3, 2, 8);
        story.Now += VerificationRules.RevealLimit + TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.True(story.State.Parts[0].IsWaiting);
        Assert.Equal(3, story.State.Parts.Count);
        Run(story, 4, 0, 7);
        Reveal(story, 4, 0, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void After_recovery_the_missing_answers_are_asked_for_again()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 7);
        Reveal(story, 1, 0, 7);
        Assert.Equal([Ids.Node(2), Ids.Node(3)], story.Shell.Crash(story.Now).OfType<RequestReveals>().Select(r => r.Node).OrderBy(n => n.ToString()));
    }

    [Fact]
    public void A_cancelled_task_pays_for_results_that_had_no_verdict()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 7);
        Report(story, 2, 1, 7);
        story.Do(new CancelTask(story.Id, Given.Owner, story.Now));
        Assert.Equal(TaskPhase.Cancelled, story.State.Phase);
        Assert.Equal([Ids.Account(101), Ids.Account(102)], story.Effect<Settle>().Lines.Where(l => l.Amount > Tokens.Zero).Select(l => l.Operator).OrderBy(o => o.ToString()));
    }

    private static VerifySpec Expecting(int part, int answer)
        => new() { Policy = VerifyPolicy.Canary, Expected = new Dictionary<int, string> { [part] = AnswerOf(answer).ToString() } };

    [Fact]
    public void A_canary_that_is_as_its_owner_expects_counts_at_once_and_one_that_is_not_is_a_lie_when_another_operator_says_so()
    {
        var story = Queued(2, Expecting(1, 7));
        Run(story, 1, 0, 9);
        Assert.Equal(1, story.State.AcceptedCount);
        Run(story, 2, 1, 8);
        Reveal(story, 2, 1, 8);
        Assert.Empty(story.Effects.OfType<Accuse>());
        Assert.Empty(story.Place(2, 2).Placed);
        Run(story, 3, 2, 7);
        Reveal(story, 3, 2, 7);
        Assert.Equal(Ids.Node(2), Assert.Single(story.Effects.OfType<Accuse>()).Node);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(new PartAttempt(2, 1), story.State.Parts[1].Result!.Attempt);

        story = Queued(1, Expecting(0, 7));
        Run(story, 1, 0, 7);
        Reveal(story, 1, 0, 7);
        Assert.Equal((TaskPhase.Completed, 1), (story.State.Phase, story.State.Parts.Count));
    }

    [Fact]
    public void An_owner_whose_expectation_two_operators_contradict_has_nobody_accused()
    {
        var story = Queued(1, Expecting(0, 7));
        Run(story, 1, 0, 8);
        Reveal(story, 1, 0, 8);
        Run(story, 2, 1, 8);
        Reveal(story, 2, 1, 8);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.DoesNotContain(story.Shell.Journal, e => e is PartsRejected or OperatorDistrusted);
        Assert.All(story.Effect<Settle>().Lines, l => Assert.True(l.Amount > Tokens.Zero));
    }

    [Fact]
    public void A_result_that_is_expected_of_a_part_that_is_not_there_is_refused()
    {
        var story = new TaskStory();
        var refused = Assert.IsType<TaskRefused>(story.Do(Given.Submit(1, 1, s => s with { Verify = Expecting(1, 7) })));
        Assert.Equal(FaultCodes.Malformed, refused.Fault.Code);
    }

    [Fact]
    public void A_lie_is_owed_to_the_nodes_record_until_that_knows_of_it_and_the_hold_is_closed_only_then()
    {
        var story = Started(1, TwoOfThree, 1, 2, 3);
        Report(story, 1, 0, 8);
        Report(story, 2, 1, 7);
        Report(story, 3, 2, 7);
        Reveal(story, 1, 0, 8);
        Reveal(story, 2, 1, 7);
        Reveal(story, 3, 2, 7);
        var accused = story.Effect<Accuse>();
        Assert.Contains(accused, story.Shell.Crash(story.Now));
        story.Now += TaskRules.AskAgain;
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(accused, story.Effect<Accuse>());
        Assert.Empty(story.Effects.OfType<Settle>());
        Heard(story, 1);
        Assert.True(story.Effect<Settle>().Close);
        Heard(story, 1);
        Assert.Empty(story.Effects);
    }

    [Fact]
    public void A_right_answer_of_a_liar_in_the_same_reveal_is_kept_unpaid()
    {
        var story = Queued(2, TwoOfThree);
        foreach (var (node, part) in ((int, int)[])[(1, 0), (2, 2), (3, 3), (1, 1), (2, 4), (3, 5)])
            story.Ready(node, Assert.Single(story.Place(node, part).Placed).Attempt);
        foreach (var (node, part, answer) in ((int, int, int)[])[(1, 0, 8), (2, 2, 7), (3, 3, 7), (1, 1, 7), (2, 4, 7), (3, 5, 7)])
            Report(story, node, part, answer);
        Reveal(story, 2, 2, 7);
        Reveal(story, 3, 3, 7);
        Reveal(story, 2, 4, 7);
        Reveal(story, 3, 5, 7);
        story.Do(new RevealAnswers(story.Id, Ids.Node(1), [.. new[] { (Part: 0, Answer: 8), (Part: 1, Answer: 7) }
            .Select(a => new RevealedAnswer(new PartAttempt(a.Part, 1), Nonce(1), AnswerOf(a.Answer)))], story.Now));

        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(new PartAttempt(1, 1), story.State.Parts[1].Result!.Attempt);
        Heard(story, 1);
        Assert.DoesNotContain(story.Effect<Settle>().Lines, l => l.Operator == Ids.Account(101) && l.Amount > Tokens.Zero);
        Assert.Equal((Tokens.Zero, (Int128)0), (story.State.Reserved, story.State.OpenWeight));
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_liar_is_rejected_also_where_stopping_its_other_attempts_meets_a_part_that_failed_often()
    {
        var story = Queued(2, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 500_000 }, SeedThatDraws(2, 0));
        var broken = new Fault(FaultCodes.ExecutorFailed, "broken", Culprit.Node, true);
        for (var node = 11; node < 11 + TaskRules.MaxOtherFaults - 1; node++)
        {
            var attempt = Assert.Single(story.Place(node, 1).Placed).Attempt;
            story.Ready(node, attempt);
            story.Fail(node, attempt, broken);
        }

        story.Ready(1, Assert.Single(story.Place(1, 1).Placed).Attempt);
        Run(story, 1, 0, 8);
        Run(story, 2, 2, 7);
        Reveal(story, 1, 0, 8);
        Reveal(story, 2, 2, 7);
        Run(story, 3, 3, 7);
        Reveal(story, 3, 3, 7);
        Assert.Equal(TaskPhase.Running, story.State.Phase);
        Assert.Equal(FaultCodes.OperatorDistrusted, story.State.Parts[1].Trouble!.Last.Code);
        Run(story, 2, 1, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_lie_in_another_task_takes_back_what_nobody_checked_and_leaves_what_others_confirmed()
    {
        var story = Queued(3, new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = 500_000 }, SeedThatDraws(3, 0));
        Run(story, 1, 0, 7);
        Run(story, 2, 3, 7);
        Reveal(story, 1, 0, 7);
        Reveal(story, 2, 3, 7);
        Run(story, 1, 1, 7);
        story.Place(1, 2);
        story.Now += TimeSpan.FromSeconds(1);
        var word = new DistrustOperator(story.Id, Ids.Account(101), Ids.Node(1), Ids.Task(9), story.Now, story.Now);
        story.Do(word);

        var happened = Assert.Single(story.Shell.Journal.OfType<OperatorDistrusted>());
        Assert.Equal((Ids.Node(1), 0), (happened.Elsewhere!.Value, happened.Forfeited.Count));
        Assert.Equal([1], happened.Withdrawn);
        Assert.Equal(new PartAttempt(2, 1), Assert.Single(story.Effect<StopAttempts>().Attempts));
        Assert.Equal([1, 2], story.Effects.OfType<Demand>().Last().Parts.Waiting);
        Assert.Empty(story.Place(1, 1).Placed);
        Run(story, 3, 1, 7);
        Run(story, 3, 2, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Contains(story.Effect<Settle>().Lines, l => l.Part == 0 && l.Operator == Ids.Account(101) && l.Amount > Tokens.Zero);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
        var events = story.Shell.Journal.Count;
        story.Do(word);
        Assert.Equal(events, story.Shell.Journal.Count);
    }

    [Fact]
    public void A_task_that_was_submitted_later_or_has_nothing_of_the_operator_does_not_mind()
    {
        var story = Queued(1, Everything);
        story.Do(new DistrustOperator(story.Id, Ids.Account(101), Ids.Node(1), Ids.Task(9), story.Now + TimeSpan.FromSeconds(1), story.Now));
        Run(story, 1, 0, 7);
        story.Do(new DistrustOperator(story.Id, Ids.Account(101), Ids.Node(1), Ids.Task(9), story.State.SubmittedAt, story.Now));
        Assert.Empty(story.State.Distrusted);
    }

    [Fact]
    public void A_sticky_task_cannot_be_checked_by_others()
    {
        var story = new TaskStory();
        var refused = Assert.IsType<TaskRefused>(story.Do(Given.Submit(1, 1, s => s with { Privacy = s.Privacy with { Sticky = true }, Verify = TwoOfThree })));
        Assert.Equal(FaultCodes.Malformed, refused.Fault.Code);
    }

    private const string TaskVerificationReason = "reveal-mismatch";

    internal static TaskStory Queued(int parts, VerifySpec terms, byte[]? seed = null, Privacy? privacy = null, byte[]? signer = null)
    {
        var story = new TaskStory();
        var hold = Given.HoldFor((int)terms.Budgeted(parts, paysComparisons: privacy is not { Custody: Custody.Sealed }), Given.Spec());
        var submit = Given.Submit(1, parts, s => s with { Verify = terms, Privacy = privacy ?? s.Privacy });
        submit = submit with { Submission = submit.Submission with { Budget = hold, SigningKey = signer ?? submit.Submission.SigningKey }, Hold = hold, CheckSeed = seed ?? new byte[CheckDraw.SeedSize] };
        Assert.IsType<TaskOk>(story.Do(submit));
        story.Do(new HoldAnswered(story.Id, null, hold, null, story.Now));
        return story;
    }

    internal static byte[] SeedThatDraws(int parts, int only)
        => Enumerable.Range(0, 10_000).Select(i => SHA256.HashData(BitConverter.GetBytes(i)))
            .First(seed => Enumerable.Range(0, parts).All(p => CheckDraw.Draw(seed, p) < 500_000 == (p == only)));

    // One part of every copy on these nodes, keys released.
    private static TaskStory Started(int parts, VerifySpec terms, params int[] nodes)
    {
        var story = Queued(parts, terms);
        for (var i = 0; i < nodes.Length; i++)
            story.Ready(nodes[i], story.Place(nodes[i], i).Placed[0].Attempt);
        return story;
    }

    internal static void Run(TaskStory story, int node, int part, int answer)
    {
        story.Ready(node, Assert.Single(story.Place(node, part).Placed).Attempt);
        Report(story, node, part, answer);
    }

    internal static void Report(TaskStory story, int node, int part, int answer)
    {
        var attempt = new PartAttempt(part, story.State.Parts[part].Attempts);
        var commitment = AnswerCommitment.Of(new AttemptId(story.Id, part, attempt.Number), Nonce(node), AnswerOf(answer));
        var reply = (ResultsAnswered)story.Do(new AcceptResults(
            story.Id, Ids.Node(node), [TaskStory.Result(attempt) with { Promise = (commitment, [1]) }], story.Now));
        Assert.Null(reply.Answers[0].Refusal);
    }

    internal static void Reveal(TaskStory story, int node, int part, int answer)
        => story.Do(new RevealAnswers(
            story.Id, Ids.Node(node), [new RevealedAnswer(new PartAttempt(part, story.State.Parts[part].Attempts), Nonce(node), AnswerOf(answer))], story.Now));

    private static void Heard(TaskStory story, int node) => story.Do(new AccusationHeard(story.Id, Ids.Node(node), story.Now));

    private static byte[] Nonce(int node) => [.. Enumerable.Repeat((byte)node, AnswerCommitment.NonceSize)];

    private static Answer AnswerOf(int n)
    {
        var bytes = new byte[Answer.Size];
        bytes[0] = (byte)n;
        return Answer.FromBytes(bytes);
    }
}
