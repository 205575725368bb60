using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;

namespace Rxelon.Domain.Tasks;

/// <summary>A part and its checks: the results that are compared with each other; and beside them the parts that compare those.</summary>
internal readonly struct CheckGroup
{
    private readonly TaskState _state;

    private CheckGroup(TaskState state, int first)
    {
        _state = state;
        First = first;
    }

    /// <summary>The group that a part belongs to; a part that nobody checks is alone.</summary>
    internal static CheckGroup Of(TaskState state, int part) => new(state, state.Parts[part].Origin?.CheckOf ?? part);

    /// <summary>The part that is checked.</summary>
    internal int First { get; }

    /// <summary>1 for a part that is alone.</summary>
    internal int Count => 1 + _state.Checks.GetValueOrDefault(First, []).Length;

    /// <summary>Every result is there, or as many as can decide and nobody computes another.</summary>
    internal bool IsReported => IsThere(static p => p is { Answered: not null } or { Result: not null });

    /// <summary>Every answer is there, or as many as can decide and nobody computes another.</summary>
    internal bool IsRevealed => IsThere(static p => p.Answered is { Revealed: not null });

    /// <summary>Its members that nobody has begun.</summary>
    internal List<int> Waiting
    {
        get
        {
            var state = _state;
            return [.. Members.Where(p => state.Parts[p].IsWaiting)];
        }
    }

    internal IEnumerable<(PartAttempt Attempt, NodeId Node)> Unrevealed
    {
        get
        {
            foreach (var p in Members)
            {
                if (_state.Parts[p].Answered is { Revealed: null } answered)
                    yield return (answered.Result.Attempt, answered.Result.Node);
            }
        }
    }

    internal List<Vote> Votes
    {
        get
        {
            List<Vote> votes = [];
            var counted = Counted;
            foreach (var p in Members)
            {
                if (_state.Parts[p].Answered is { Revealed: { } shown } answered)
                    votes.Add(new Vote(p, answered.Result.Operator, counted.GetValueOrDefault(shown, shown)));
            }

            return votes;
        }
    }

    /// <summary>Its answers are all there and differ, and nobody has said yet which of the results are equal.</summary>
    internal bool AwaitsComparison
    {
        get
        {
            if (!TaskComparing.IsOn(_state) || !IsRevealed)
                return false;
            var state = _state;
            var shown = Members.Select(p => state.Parts[p].Answered?.Revealed).OfType<Answer>().ToHashSet();
            return shown.Count > 1 && !shown.IsSubsetOf(Counted.Keys);
        }
    }

    /// <summary>Its results that have no verdict.</summary>
    internal IEnumerable<Accepted> Results
    {
        get
        {
            var state = _state;
            return Members.Select(p => state.Parts[p].Answered?.Result).OfType<Accepted>();
        }
    }

    /// <summary>Whose those are, in the order of the list.</summary>
    internal IEnumerable<ResultAttempt> Attempts => Results.Select(r => new ResultAttempt(r.Attempt.Part, r.Attempt.Number));

    /// <summary>When the last of its results that have no verdict came.</summary>
    internal DateTimeOffset LastAnsweredAt
    {
        get
        {
            var state = _state;
            return Members.Max(p => state.Parts[p].Answered?.At ?? DateTimeOffset.MinValue);
        }
    }

    /// <summary>When the answers must have been shown: a while after the last of the results came.</summary>
    internal DateTimeOffset RevealDue => LastAnsweredAt + VerificationRules.RevealLimit;

    // By answer: which one it counts as. Equal answers are equal, whatever was said of one of them.
    private Dictionary<Answer, Answer> Counted
    {
        get
        {
            Dictionary<Answer, Answer> counted = [];
            foreach (var p in Members)
            {
                if (_state.Parts[p].Answered is { Revealed: { } shown, EqualTo: { } equal })
                    counted.TryAdd(shown, equal);
            }

            return counted;
        }
    }

    /// <summary>The operators that have an attempt or a result of another part of the group.</summary>
    internal List<AccountId> OperatorsBeside(int part)
    {
        List<AccountId> operators = [];
        foreach (var p in All)
        {
            var other = _state.Parts[p];
            if (p != part && (other.Running?.Operator ?? other.Answered?.Result.Operator ?? other.Result?.Operator) is { } taken)
                operators.Add(taken);
        }

        return operators;
    }

    private bool IsThere(Func<PartState, bool> isThere)
    {
        var there = 0;
        foreach (var p in Members)
        {
            var part = _state.Parts[p];
            if (isThere(part))
                there++;
            else if (!part.IsWaiting)
                return false;
        }

        return there >= (Count == 1 ? 1 : Math.Min(Count, _state.Spec.Verify!.Needed));
    }

    /// <summary>The part that is checked, then its checks.</summary>
    internal IEnumerable<int> Members => [First, .. _state.Checks.GetValueOrDefault(First, [])];

    /// <summary>The parts that compare its results.</summary>
    internal IEnumerable<int> Comparisons => _state.Comparisons.GetValueOrDefault(First, []);

    /// <summary>Members and comparisons.</summary>
    internal IEnumerable<int> All => [.. Members, .. Comparisons];
}
