using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using static Rxelon.Domain.Tests.Tasks.VerificationScenarioSpecs;

namespace Rxelon.Domain.Tests.Tasks;

/// <summary>Stories of tasks whose results their owner compares. Node n belongs to operator 100 + n; an answer is a small number.</summary>
public sealed class NumericScenarioSpecs : IDisposable
{
    private static readonly VerifySpec TwoOfThree = new() { Policy = VerifyPolicy.Quorum, Of = 3, Agree = 2, Tolerance = 1e-9m };
    private static readonly VerifySpec Everything = new() { Policy = VerifyPolicy.Spot, RateMillionths = 1_000_000, Tolerance = 1e-9m };

    private readonly SigningKeyPair _owner = SigningKeyPair.Generate();

    public void Dispose() => _owner.Dispose();

    [Fact]
    public void Answers_that_are_equal_need_nobody_and_answers_that_differ_wait_for_the_owner()
    {
        var story = Shown(1, 7, 7, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);

        story = Shown(1, 7, 7, 8);
        Assert.Equal(TaskPhase.Running, story.State.Phase);
        var asked = Assert.Single(Awaited(story));
        Assert.Equal(0, asked.Part);
        Assert.Equal([0, 1, 2], asked.Results.Select(r => r.Attempt.Part));
        Assert.Equal([.. asked.Results.Select(r => story.State.Parts[r.Attempt.Part].Answered!.Result.Result)], asked.Results.Select(r => r.Result));
        Assert.True(((TaskView)story.Do(new GetTask(story.Id, Given.Owner, story.Now))).AwaitsComparison);
        Assert.Equal([0], Compared(story.Shell.Replayed()));
    }

    [Fact]
    public void Results_that_the_owner_finds_equal_are_all_paid_and_the_task_completes()
    {
        var story = Shown(1, 7, 8, 9);
        Assert.Null(Compare(story, [0, 1, 2]));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.All(story.Effect<Settle>().Lines, l => Assert.True(l.Amount > Tokens.Zero));
        Assert.Empty(Awaited(story));
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_result_that_is_left_different_is_unpaid_and_makes_no_liar()
    {
        var story = Shown(1, 7, 8, 9);
        Assert.Null(Compare(story, [0, 2], [1]));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal("differs", Assert.Single(Assert.Single(story.Shell.Journal.OfType<PartsRejected>()).Parts).Reason);
        Assert.Empty(story.Effects.OfType<Accuse>());
        Assert.Empty(story.State.Accusations);
        Assert.Equal(new PartAttempt(0, 1), story.State.Parts[1].Result!.Attempt);
        var settle = story.Effect<Settle>();
        Assert.True(settle.Close);
        Assert.Equal([Ids.Account(101), Ids.Account(103)], settle.Lines.Where(l => l.Amount > Tokens.Zero).Select(l => l.Operator));
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void Who_is_left_different_loses_what_nobody_checked_and_keeps_what_others_confirmed()
    {
        var story = Queued(3, TwoOfThree with { Policy = VerifyPolicy.Spot, RateMillionths = 500_000, Of = 0, Agree = 0 }, SeedThatDraws(3, 2), signer: _owner.PublicKey);
        Run(story, 1, 0, 7);
        Run(story, 1, 1, 7);
        Run(story, 1, 2, 8);
        Run(story, 2, 3, 7);
        Reveal(story, 1, 2, 8);
        Reveal(story, 2, 3, 7);
        Assert.Null(Compare(story, part: 2, [2], [3]));
        Run(story, 3, 4, 9);
        Reveal(story, 3, 4, 9);
        Assert.Null(Compare(story, part: 2, [2], [3, 4]));

        var lost = Assert.Single(story.Shell.Journal.OfType<OperatorDistrusted>());
        Assert.Equal([0, 1], lost.Withdrawn);
        Assert.Empty(lost.Forfeited);
        Assert.Empty(story.Place(1, 0).Placed);
        Run(story, 3, 0, 7);
        Run(story, 3, 1, 7);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Empty(story.State.Accusations);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void Equal_bytes_are_equal_whatever_the_owner_says_and_are_not_asked_about_again()
    {
        var story = Shown(1, 7, 7, 8);
        Assert.Null(Compare(story, [0], [1], [2]));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(Ids.Node(3), Assert.Single(Assert.Single(story.Shell.Journal.OfType<PartsRejected>()).Parts).Node);

        story = Queued(1, Everything, signer: _owner.PublicKey);
        Run(story, 1, 0, 7);
        Run(story, 2, 1, 8);
        Reveal(story, 1, 0, 7);
        Reveal(story, 2, 1, 8);
        Assert.Null(Compare(story, [0], [1]));
        Run(story, 3, 2, 8);
        Reveal(story, 3, 2, 8);
        Assert.Empty(Awaited(story));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void Another_operator_is_asked_when_too_few_are_equal_and_five_that_differ_fail_the_task_and_are_paid()
    {
        var story = Queued(1, Everything, signer: _owner.PublicKey);
        for (var n = 0; n < VerificationRules.MaxAnswers; n++)
        {
            Run(story, n + 1, n, n);
            if (n == 0)
                continue;
            foreach (var shown in Enumerable.Range(0, n + 1))
                Reveal(story, shown + 1, shown, shown);
            Assert.Null(Compare(story, [.. Enumerable.Range(0, n + 1).Select(p => (int[])[p])]));
        }

        Assert.Equal((TaskPhase.Failed, FaultCodes.ResultsDiffer), (story.State.Phase, story.State.Ended!.Reason.Code));
        Assert.Contains("tolerance", story.State.Ended.Reason.Message, StringComparison.Ordinal);
        Assert.Equal(VerificationRules.MaxAnswers, story.Effect<Settle>().Lines.Count(l => l.Amount > Tokens.Zero));
    }

    [Fact]
    public void A_comparison_counts_only_when_it_names_exactly_what_waits_and_the_owner_signed_it()
    {
        var story = Shown(1, 7, 8, 9);
        Assert.Equal(FaultCodes.StaleAttempt, Compare(story, [0, 1]));
        Assert.Equal(FaultCodes.StaleAttempt, Compare(story, [0, 1], [2, 2]));
        Assert.Equal(FaultCodes.StaleAttempt, Compare(story, [0, 1, 2], []));
        Assert.Equal(FaultCodes.StaleAttempt, Compare(story, part: 1, [0, 1, 2]));
        Assert.Equal(FaultCodes.StaleAttempt, Compare(story, part: 99, [0, 1, 2]));
        using var other = SigningKeyPair.Generate();
        Assert.Equal(FaultCodes.BadSignature, Compare(story, other, 0, [0, 1, 2]));
        Assert.IsType<TaskRefused>(story.Do(new CompareAnswers(story.Id, Ids.Account(9), [], story.Now)));
        Assert.IsType<TaskRefused>(story.Do(new GetComparisons(story.Id, Ids.Account(9), story.Now)));
        Assert.Empty(story.Shell.Journal.OfType<AnswersCompared>());
        Assert.Null(Compare(story, [0, 1, 2]));
        Assert.Equal(FaultCodes.AlreadyEnded, Assert.IsType<TaskRefused>(story.Do(new CompareAnswers(story.Id, Given.Owner, [], story.Now))).Fault.Code);
    }

    [Fact]
    public void Where_the_owner_is_not_first_another_operators_node_compares_and_is_paid_for_it()
    {
        var story = Shown(1, 7, 8, 9);
        Assert.Equal(story.Now + VerificationRules.OwnerFirst, TaskDecider.NextDue(story.State));
        Wait(story);
        Assert.Equal([3], story.Effect<Demand>().Parts.Waiting);
        Assert.Equal([new(0, 1), new(1, 1), new(2, 1)], story.State.Parts[3].Origin!.Compares!);
        Assert.Equal(3, story.Effect<Demand>().Parts.Apart[3].Operators.Count);
        Assert.Empty(story.Place(2, 3).Placed);
        var attempt = Assert.Single(story.Place(4, 3).Placed).Attempt;
        var started = Assert.Single(story.Effect<StartAttempts>().Attempts);
        Assert.Equal(1e-9m, started.Tolerance);
        Assert.Null(started.Input.Own);
        Assert.Equal([0, 1, 2], started.Input.Results.Select(r => r.Part));
        story.Ready(4, attempt);
        Assert.Null(Said(story, 4, attempt, [[0, 2], [1]]));

        Assert.Equal((attempt, Ids.Node(4)), Assert.Single(Assert.Single(story.Shell.Journal.OfType<AnswersCompared>()).Groups).By);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Empty(story.State.Accusations);
        Assert.Equal([Ids.Account(101), Ids.Account(103), Ids.Account(104)], story.Effect<Settle>().Lines.Where(l => l.Amount > Tokens.Zero).Select(l => l.Operator).ToHashSet());
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_comparison_that_says_nothing_of_what_it_was_given_is_no_result()
    {
        var story = Shown(1, 7, 8, 9);
        Wait(story);
        var attempt = Assert.Single(story.Place(4, 3).Placed).Attempt;
        story.Ready(4, attempt);
        Assert.Equal(FaultCodes.Malformed, Said(story, 4, attempt, null)?.Code);
        Assert.Equal(FaultCodes.Malformed, Said(story, 4, attempt, [[0, 1]])?.Code);
        Assert.Equal(FaultCodes.Malformed, Said(story, 4, attempt, [[0, 1, 2, 3]])?.Code);
        Assert.Null(Said(story, 4, attempt, [[0, 1, 2]]));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
    }

    [Fact]
    public void An_owner_who_comes_after_all_stops_the_comparison_that_was_ordered()
    {
        var story = Shown(1, 7, 8, 9);
        Wait(story);
        var attempt = Assert.Single(story.Place(4, 3).Placed).Attempt;
        story.Ready(4, attempt);
        Assert.Null(Compare(story, [0, 1, 2]));
        Assert.Equal([attempt], story.Effects.OfType<StopAttempts>().Single().Attempts);
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal((0, Tokens.Zero, (Int128)0), (story.State.RunningCount, story.State.Reserved, story.State.RunningWeight));
        Assert.DoesNotContain(story.Effect<Settle>().Lines, l => l.Operator == Ids.Account(104));
        Assert.Equal(FaultCodes.StaleAttempt, Said(story, 4, attempt, [[0, 1, 2]])?.Code);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void A_comparison_whose_results_are_not_what_waits_any_more_is_paid_and_decides_nothing()
    {
        var story = Queued(1, Everything, signer: _owner.PublicKey);
        Run(story, 1, 0, 7);
        Run(story, 2, 1, 8);
        Reveal(story, 1, 0, 7);
        Reveal(story, 2, 1, 8);
        Wait(story);
        var attempt = Assert.Single(story.Place(3, 2).Placed).Attempt;
        story.Ready(3, attempt);
        Assert.Null(Compare(story, [0], [1])); // the owner was faster: a third operator is asked
        Assert.Equal([3], story.Effects.OfType<Demand>().Last().Parts.Waiting);
        Assert.Null(Said(story, 3, attempt, [[0, 1]]));
        Assert.Single(story.Shell.Journal.OfType<AnswersCompared>());
        Assert.Empty(story.Place(3, 3).Placed); // it has seen the answers
        Run(story, 4, 3, 9);
        Reveal(story, 4, 3, 9);
        Wait(story);
        Assert.Equal([new(0, 1), new(1, 1), new(3, 1)], story.State.Parts[4].Origin!.Compares!);
        Assert.Null(Reported(story, 5, 4, [0, 3], [1]));
        Assert.Equal(TaskPhase.Completed, story.State.Phase);
        Assert.Equal(TaskDump.Of(story.State), TaskDump.Of(story.Shell.Replayed()));
    }

    [Fact]
    public void Under_sealed_custody_nobody_but_the_owner_compares()
    {
        var story = Queued(1, TwoOfThree, signer: _owner.PublicKey, privacy: new Privacy { Custody = Custody.Sealed });
        Assert.Equal(Given.HoldFor(3, Given.Spec()), story.State.Hold);
        Assert.Equal(new Tokens(story.State.Hold.Micros / 3), story.State.Shares.For(1));
    }

    [Fact]
    public void An_answer_that_was_not_promised_is_a_proven_lie_here_too()
    {
        var story = Shown(1, 7, 8, 9, showFirst: 6);
        Assert.Equal(Ids.Node(1), Assert.Single(story.State.Accusations).Key);
    }

    [Fact]
    public void Results_that_nobody_compares_for_a_day_fail_the_task_and_are_paid()
    {
        var story = Shown(1, 7, 8, 9);
        story.Now += VerificationRules.CompareLimit - TimeSpan.FromMinutes(1);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal(TaskPhase.Running, story.State.Phase);
        Assert.NotNull(TaskDecider.NextDue(story.State));
        story.Now += TimeSpan.FromMinutes(2);
        story.Do(new WakeTask(story.Id, story.Now));
        Assert.Equal((TaskPhase.Failed, FaultCodes.OwnerAbsent), (story.State.Phase, story.State.Ended!.Reason.Code));
        Assert.Equal(3, story.Effect<Settle>().Lines.Count(l => l.Amount > Tokens.Zero));
    }

    [Fact]
    public void A_task_that_compares_bytes_has_nothing_for_its_owner()
    {
        var story = Queued(1, TwoOfThree with { Tolerance = null });
        Assert.Equal(FaultCodes.Conflict, Assert.IsType<TaskRefused>(story.Do(new GetComparisons(story.Id, Given.Owner, story.Now))).Fault.Code);
        Assert.Equal(FaultCodes.Conflict, Assert.IsType<TaskRefused>(story.Do(new CompareAnswers(story.Id, Given.Owner, [], story.Now))).Fault.Code);
    }

    [Theory]
    [InlineData(VerifyPolicy.None, "0.1")]
    [InlineData(VerifyPolicy.Canary, "0.1")]
    [InlineData(VerifyPolicy.Adaptive, "1")]
    [InlineData(VerifyPolicy.Adaptive, "0")]
    [InlineData(VerifyPolicy.Adaptive, "0.0000000000000001")]
    public void A_tolerance_that_cannot_be_is_refused(VerifyPolicy policy, string tolerance)
        => Assert.NotNull(new VerifySpec { Policy = policy, Tolerance = decimal.Parse(tolerance, global::System.Globalization.CultureInfo.InvariantCulture) }.Problem());

    [Fact]
    public void A_spec_without_a_tolerance_says_nothing_of_it_and_one_with_it_reads_as_it_was_written()
    {
        var spec = new TaskSpec { Name = "x", Kind = WorkloadKind.Mock, Verify = TwoOfThree };
        Assert.Equal(spec.Verify, TaskSpec.Parse(spec.ToBytes()).Value.Verify);
        var text = global::System.Text.Encoding.UTF8.GetString((spec with { Verify = TwoOfThree with { Tolerance = null } }).ToBytes());
        Assert.DoesNotContain("olerance", text, StringComparison.Ordinal);
    }

    // Three copies of one part were computed, reported and shown.
    private TaskStory Shown(int parts, int first, int second, int third, int? showFirst = null)
    {
        var story = Queued(parts, TwoOfThree, signer: _owner.PublicKey);
        foreach (var (node, part, answer) in ((int, int, int)[])[(1, 0, first), (2, 1, second), (3, 2, third)])
            Run(story, node, part, answer);
        Reveal(story, 2, 1, second);
        Reveal(story, 3, 2, third);
        Reveal(story, 1, 0, showFirst ?? first);
        return story;
    }

    // Places the comparison with a node and reports what it found.
    private static Fault? Reported(TaskStory story, int node, int part, params int[][]? classes)
    {
        var attempt = Assert.Single(story.Place(node, part).Placed).Attempt;
        story.Ready(node, attempt);
        return Said(story, node, attempt, classes);
    }

    private static Fault? Said(TaskStory story, int node, PartAttempt attempt, int[][]? classes)
        => Assert.Single(((ResultsAnswered)story.Do(new AcceptResults(story.Id, Ids.Node(node), [TaskStory.Result(attempt) with
        {
            Compared = classes is null ? null : ([.. classes.Select(c => (IReadOnlyList<PartAttempt>)[.. c.Select(p => new PartAttempt(p, 1))])], [1]),
        }], story.Now))).Answers).Refusal;

    private static void Wait(TaskStory story)
    {
        story.Now += VerificationRules.OwnerFirst + TimeSpan.FromSeconds(1);
        story.Do(new WakeTask(story.Id, story.Now));
    }

    private static IReadOnlyList<AwaitedComparison> Awaited(TaskStory story)
        => ((ComparisonsAwaited)story.Do(new GetComparisons(story.Id, Given.Owner, story.Now))).Comparisons;

    private static IEnumerable<int> Compared(TaskState state)
        => ((ComparisonsAwaited)TaskDecider.Decide(state, new GetComparisons(state.Id, Given.Owner, Given.Start)).Reply).Comparisons.Select(c => c.Part);

    private string? Compare(TaskStory story, params int[][] classes) => Compare(story, _owner, 0, classes);

    private string? Compare(TaskStory story, int part, params int[][] classes) => Compare(story, _owner, part, classes);

    private static string? Compare(TaskStory story, SigningKeyPair signer, int part, params int[][] classes)
    {
        var named = classes.Select(c => (IReadOnlyList<PartAttempt>)[.. c.Select(p => new PartAttempt(p, 1))]).ToList();
        var said = new Comparison(part, named, []);
        var reply = story.Do(new CompareAnswers(story.Id, Given.Owner, [said with { Signature = signer.Sign(said.Statement(story.Id)) }], story.Now));
        return Assert.Single(Assert.IsType<ComparisonsAnswered>(reply).Answers).Refusal?.Code;
    }
}
