using Rxelon.Shared.Verification;

namespace Rxelon.Shared.Workloads;

/// <summary>Some parts in a row.</summary>
public readonly record struct PartRange(int First, int Count);

/// <summary>
/// Why a part exists; never changes (docs/design/stages.md). Parts of the submission have none written down: theirs is stage 0,
/// round 1, their own input and no needs.
/// </summary>
/// <param name="Stage">Which stage: 0 is the task's own run.</param>
/// <param name="Round">From 1; stages outside the rounds are in round 1.</param>
/// <param name="Index">Its number within stage and round, what the program sees as <c>{part}</c>.</param>
/// <param name="Source">The part of the submission whose input (blob and key) it gets; null: it has none of its own.</param>
/// <param name="Needs">Parts whose results it gets, in this order.</param>
/// <param name="Carry">The last part of the previous round, whose result it gets as the shared input; null in the first round.</param>
/// <param name="CheckOf">The part that it repeats to check it (docs/design/verification.md); null: it is no check.</param>
public sealed record PartOrigin(int Stage, int Round, int Index, int? Source, IReadOnlyList<PartRange> Needs, int? Carry, int? CheckOf = null)
{
    /// <summary>
    /// The results that it compares instead of computing anything; it belongs to the part in <see cref="CheckOf"/> then. Null: it is no comparison.
    /// </summary>
    public IReadOnlyList<ResultAttempt>? Compares { get; init; }

    /// <summary>The origin of a part that the submission named.</summary>
    public static PartOrigin Submitted(int part) => new(0, 1, part, part, [], null);

    /// <summary>All parts whose results it gets: the needs in order, then the carried one.</summary>
    public IEnumerable<int> AllNeeds
    {
        get
        {
            foreach (var range in Needs)
            {
                for (var i = 0; i < range.Count; i++)
                    yield return range.First + i;
            }

            if (Carry is { } carry)
                yield return carry;
        }
    }

    /// <summary>How many results it gets.</summary>
    public int NeedCount => Needs.Sum(n => n.Count) + (Carry is null ? 0 : 1);
}
