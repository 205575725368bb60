using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>The numbers behind a task's rules (docs/design/task-lifecycle.md, docs/design/failure-modes.md).</summary>
public static class TaskRules
{
    /// <summary>Parts in one task at most.</summary>
    public const int MaxParts = 1_000_000;

    /// <summary>Failures of one part that are not the program's, after which the task fails.</summary>
    public const int MaxOtherFaults = 5;

    /// <summary>Times that one part may be handed over in the middle, after which the task fails.</summary>
    public const int MaxHandOvers = 50;

    /// <summary>Nodes that one part may be lost with before it counts as what brings them down.</summary>
    public const int MaxNodeDeaths = 3;

    /// <summary>A node that is lost later than this after an attempt got its keys speaks for the node's own end, not the program's.</summary>
    public static TimeSpan DeathWindow { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Accepted parts of a stage before a slow one of it gets a twin.</summary>
    public const int AcceptedBeforeTwins = 3;

    /// <summary>A part is slow when it takes so many times the median of the accepted ones …</summary>
    public const int StragglerTimes = 2;

    /// <summary>At most one part in so many has a twin under way, rounded up.</summary>
    public const int PartsPerTwin = 10;

    /// <summary>… and at least this much longer.</summary>
    public static TimeSpan StragglerLead { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Changes of one living task by its owner at most.</summary>
    public const int MaxAdjustments = 1_000;

    /// <summary>While a task runs, accepted parts are settled when there are so many …</summary>
    public const int SettleEvery = 256;

    /// <summary>… or when the oldest of them waits so long.</summary>
    public static TimeSpan SettleAfter { get; } = TimeSpan.FromSeconds(10);

    /// <summary>A question to the account (hold, settlement) is asked again after this.</summary>
    public static TimeSpan AskAgain { get; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// An attempt must be ready for its key within this time of being assigned; and <see cref="OwnerPatience"/> more when its owner holds the keys.
    /// </summary>
    public static TimeSpan ReadyLimit { get; } = TimeSpan.FromSeconds(120);

    /// <summary>
    /// How long an attempt that is ready waits for its owner's client to hand over keys. Below the node's own patience (15 minutes), so
    /// that it is the hub that gives it back, and says why.
    /// </summary>
    public static TimeSpan OwnerPatience { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Added to an attempt's own time limit before the hub gives up on its report.</summary>
    public static TimeSpan ReportGrace { get; } = TimeSpan.FromSeconds(30);

    /// <summary>A node that takes a large input at this rate is not slow, in bytes per second.</summary>
    public const long InputRate = 8 << 20;

    /// <summary>
    /// How long an attempt of that part may take from its keys to its report. A large input is taken after the keys: as long as one that is ready
    /// without it may take to get ready.
    /// </summary>
    public static TimeSpan Allowed(TaskState state, int part)
        => TimeSpan.FromSeconds(state.StageOf(state.Parts[part]).Spec.Limits.TimeSeconds) + ReportGrace
            + (LateInput(state, part) > 0 ? ReadyLimit : TimeSpan.Zero);

    /// <summary>What a part's input may take after the keys before its node is slow.</summary>
    public static TimeSpan InputTime(TaskState state, int part)
        => TimeSpan.FromSeconds(Math.Min(ReadyLimit.TotalSeconds, (double)LateInput(state, part) / InputRate));

    private static long LateInput(TaskState state, int part)
        => state.InputOf(part).Own is { Size: > BlobRef.HeldLimit and var size } ? size : 0;

    /// <summary>After recovery, nodes have this long to reconnect before attempts of dead sessions are lost.</summary>
    public static TimeSpan ReconnectGrace { get; } = TimeSpan.FromSeconds(6);
}
