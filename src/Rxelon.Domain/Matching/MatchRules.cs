using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>The numbers behind placement (docs/design/matching.md).</summary>
internal static class MatchRules
{
    /// <summary>A match that its task has not answered is undone after this.</summary>
    internal static TimeSpan AnswerLimit { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Rest after a node's first fault in a row; doubles with each further one up to <see cref="LongestCoolDown"/>.</summary>
    internal static TimeSpan CoolDown { get; } = TimeSpan.FromSeconds(2);

    internal static TimeSpan LongestCoolDown { get; } = TimeSpan.FromMinutes(5);

    /// <summary>So many copies of parts are tried before a task's other parts.</summary>
    internal const int MostTriedFirst = 16;

    /// <summary>Placements of this long ago still count towards the estimate of a start.</summary>
    internal static TimeSpan RateWindow { get; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How much older a task counts in the queue for its tier. Being fixed times, they are the aging too: an economy task is
    /// overtaken only by priority tasks of the next half hour, so it cannot starve.
    /// </summary>
    internal static TimeSpan HeadStart(Tier tier) => tier switch
    {
        Tier.Economy => TimeSpan.Zero,
        Tier.Standard => TimeSpan.FromMinutes(10),
        Tier.Priority => TimeSpan.FromMinutes(30),
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "An unknown tier."),
    };
}
