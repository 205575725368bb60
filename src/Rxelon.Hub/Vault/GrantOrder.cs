using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Vault;

/// <summary>Which keys one attempt gets.</summary>
/// <param name="Attempt">The attempt; its result and log keys.</param>
/// <param name="Source">The part of the submission whose input key it gets; null: none.</param>
/// <param name="Program">The name of its stage's program.</param>
/// <param name="Results">The results it needs; the keys of exactly these attempts.</param>
/// <param name="VerifyOf">The part whose verify key it gets: the one that it checks, or itself; null when the task is not verified.</param>
public sealed record GrantOrder(AttemptId Attempt, int? Source, string Program, IReadOnlyList<NeededResult> Results, int? VerifyOf = null)
{
    /// <summary>It may leave a checkpoint, and gets the key for that.</summary>
    public bool MayLeaveCheckpoint { get; init; }

    /// <summary>The attempt of the same part whose checkpoint it begins from; null: none.</summary>
    public int? BeginsFrom { get; init; }

    internal GrantTerms Terms => new(Source, Program, [.. Results.Select(r => (r.Part, r.Attempt))], VerifyOf)
    {
        MayLeaveCheckpoint = MayLeaveCheckpoint,
        BeginsFrom = BeginsFrom,
    };

    /// <summary>A part of the submission that needs no others.</summary>
    public static GrantOrder Plain(AttemptId attempt) => new(attempt, attempt.Part, StageTerms.NameOfProgram(""), []);
}
