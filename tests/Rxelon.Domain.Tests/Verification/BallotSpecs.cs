using CsCheck;
using Rxelon.Domain.Tests.World;
using Rxelon.Domain.Verification;
using Rxelon.Shared.Verification;

namespace Rxelon.Domain.Tests.Verification;

public sealed class BallotSpecs
{
    [Fact]
    public void Enough_operators_with_one_answer_are_right_and_the_others_wrong()
    {
        var verdict = Assert.IsType<Verdict.Agreed>(Ballot.Count([Vote(0, 1, 7), Vote(10, 2, 8), Vote(11, 3, 7)], 2));
        Assert.Equal(AnswerOf(7), verdict.Answer);
        Assert.Equal([0, 11], verdict.Right);
        Assert.Equal([10], verdict.Wrong);
    }

    [Fact]
    public void Answers_of_one_operator_count_once()
        => Assert.IsType<Verdict.Undecided>(Ballot.Count([Vote(0, 1, 7), Vote(10, 1, 7), Vote(11, 2, 8)], 2));

    [Fact]
    public void Two_different_answers_ask_for_a_third()
        => Assert.IsType<Verdict.Undecided>(Ballot.Count([Vote(0, 1, 7), Vote(10, 2, 8)], 2));

    [Fact]
    public void Two_camps_of_equal_size_ask_for_another_answer()
        => Assert.IsType<Verdict.Undecided>(Ballot.Count([Vote(0, 1, 7), Vote(10, 2, 8), Vote(11, 3, 7), Vote(12, 4, 8)], 2));

    [Fact]
    public void Five_answers_that_all_differ_are_a_dispute_and_nobody_is_wrong()
        => Assert.IsType<Verdict.Disputed>(Ballot.Count([.. Enumerable.Range(0, 5).Select(i => Vote(i, i, i))], 2));

    [Fact]
    public void Whoever_agrees_with_a_majority_of_operators_is_never_wrong()
        => Gen.Select(Gen.Int[1, 6], Gen.Int[0, 2]).List[1, VerificationRules.MaxAnswers].Sample(drawn =>
        {
            List<Vote> votes = [.. drawn.Select((v, i) => Vote(i, v.Item1, v.Item2))];
            if (Ballot.Count(votes, 2) is not Verdict.Agreed agreed)
                return;
            int Operators(Func<Vote, bool> of) => votes.Where(of).Select(v => v.Operator).Distinct().Count();
            var most = Operators(v => v.Answer == agreed.Answer);
            Assert.True(most >= 2);
            Assert.All(votes.Where(v => v.Answer != agreed.Answer), v => Assert.True(Operators(o => o.Answer == v.Answer) < most));
            Assert.Equal(votes.Count, agreed.Right.Count + agreed.Wrong.Count);
        });

    internal static Answer AnswerOf(int n)
    {
        var bytes = new byte[Answer.Size];
        bytes[0] = (byte)n;
        return Answer.FromBytes(bytes);
    }

    private static Vote Vote(int part, int by, int answer) => new(part, Ids.Account(by), AnswerOf(answer));
}
