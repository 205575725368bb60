using Rxelon.Domain.Verification;
using Rxelon.Shared.Ids;

namespace Rxelon.Domain.Tasks;

/// <summary>A part and its checks: the results that are compared with each other.</summary>
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

    internal int Count => 1 + _state.Checks.GetValueOrDefault(First, []).Length;

    /// <summary>Every result is there.</summary>
    internal bool IsReported
    {
        get
        {
            var state = _state;
            return Members.All(p => state.Parts[p] is { Answered: not null } or { Result: not null });
        }
    }

    /// <summary>Every answer is there.</summary>
    internal bool IsRevealed
    {
        get
        {
            var state = _state;
            return Members.All(p => state.Parts[p].Answered is { Revealed: not null });
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
            var state = _state;
            return [.. Members.Select(p => (p, state.Parts[p].Answered!)).Select(m => new Vote(m.p, m.Item2.Result.Operator, m.Item2.Revealed!.Value))];
        }
    }

    /// <summary>When the answers must have been shown: a while after the last of the results came.</summary>
    internal DateTimeOffset RevealDue
    {
        get
        {
            var state = _state;
            return Members.Max(p => state.Parts[p].Answered?.At ?? DateTimeOffset.MinValue) + VerificationRules.RevealLimit;
        }
    }

    /// <summary>The operators that have an attempt or a result of another part of the group.</summary>
    internal List<AccountId> OperatorsBeside(int part)
    {
        List<AccountId> operators = [];
        foreach (var p in Members)
        {
            var other = _state.Parts[p];
            if (p != part && (other.Running?.Operator ?? other.Answered?.Result.Operator ?? other.Result?.Operator) is { } taken)
                operators.Add(taken);
        }

        return operators;
    }

    private IEnumerable<int> Members => [First, .. _state.Checks.GetValueOrDefault(First, [])];
}
