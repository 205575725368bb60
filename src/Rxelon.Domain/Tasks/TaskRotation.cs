using Rxelon.Domain.Kernel;

namespace Rxelon.Domain.Tasks;

/// <summary>
/// Rotating keys: a part may run, and so get its keys, only when the part before it was accepted, which in a verified task means found right
/// (docs/design/custody.md). Parts of such a task are accepted in the order of the list; the checks of a part run with it.
/// </summary>
internal static class TaskRotation
{
    /// <summary>True while a living task lets its parts out one by one.</summary>
    internal static bool IsOn(TaskState state) => state.IsAlive && state.Spec.Privacy.Rotate;

    /// <summary>True when this part may be placed and get its keys, as far as rotation is concerned.</summary>
    internal static bool MayRun(TaskState state, int part)
        => !state.Spec.Privacy.Rotate || CheckGroup.Of(state, part).First <= state.Gate;

    /// <summary>The one part that may run next or runs; null when all are accepted.</summary>
    internal static int? Open(TaskState state) => state.Gate < state.Parts.Count ? state.Gate : null;

    /// <summary>True when the event may let other parts out, which the matchmaker has to hear of.</summary>
    internal static bool Opens(TaskState after, ITaskEvent happened)
        => happened is PartsAccepted or PartsRejected or PartsSpared or OperatorDistrusted && IsOn(after);

    /// <summary>Where the gate stands once parts are as given; it goes back to a result that was taken back.</summary>
    internal static int Gate(TaskState before, PersistentVector<PartState> parts, IReadOnlyList<int>? withdrawn = null)
    {
        if (!before.Spec.Privacy.Rotate)
            return 0;
        var gate = withdrawn is { Count: > 0 } ? Math.Min(before.Gate, withdrawn.Min()) : before.Gate;
        while (gate < parts.Count && (parts[gate].IsCheck || parts[gate].Result is not null))
            gate++;
        return gate;
    }
}
