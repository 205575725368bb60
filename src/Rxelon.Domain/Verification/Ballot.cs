using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;

namespace Rxelon.Domain.Verification;

/// <summary>One answer for a part: which part of the list gave it (the first or a check), and whose it is.</summary>
public readonly record struct Vote(int Part, AccountId Operator, Answer Answer);

/// <summary>What a part's answers say.</summary>
public abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Enough operators agree: these were right, those wrong.</summary>
    public sealed record Agreed(Answer Answer, IReadOnlyList<int> Right, IReadOnlyList<int> Wrong) : Verdict;

    /// <summary>Not yet: one more answer, of another operator, is needed.</summary>
    public sealed record Undecided : Verdict;

    /// <summary>As many answers as there may be, and no agreement: the results themselves differ.</summary>
    public sealed record Disputed : Verdict;
}

/// <summary>Counts the answers of one part. Answers of one operator count once: it could give any number of them.</summary>
public static class Ballot
{
    /// <summary>
    /// The verdict once <paramref name="needed"/> operators agree. Two answers with equally many operators, both enough, is no
    /// agreement: another answer decides.
    /// </summary>
    public static Verdict Count(IReadOnlyList<Vote> votes, int needed)
    {
        var byAnswer = votes.GroupBy(v => v.Answer)
            .Select(g => (Answer: g.Key, Operators: g.Select(v => v.Operator).Distinct().Count()))
            .OrderByDescending(a => a.Operators).ToList();
        if (byAnswer.Count > 0 && byAnswer[0].Operators >= needed && (byAnswer.Count == 1 || byAnswer[1].Operators < byAnswer[0].Operators))
        {
            var right = byAnswer[0].Answer;
            return new Verdict.Agreed(
                right, [.. votes.Where(v => v.Answer == right).Select(v => v.Part)], [.. votes.Where(v => v.Answer != right).Select(v => v.Part)]);
        }

        return votes.Count < VerificationRules.MaxAnswers ? new Verdict.Undecided() : new Verdict.Disputed();
    }
}
