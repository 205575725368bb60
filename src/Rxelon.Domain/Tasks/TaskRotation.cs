namespace Rxelon.Domain.Tasks;

/// <summary>
/// Rotating keys: a part may run, and so get its keys, only when the part before it was accepted (docs/design/custody.md). Parts of
/// such a task are therefore accepted in their order.
/// </summary>
internal static class TaskRotation
{
    /// <summary>True while a living task lets its parts out one by one.</summary>
    internal static bool IsOn(TaskState state) => state.IsAlive && state.Spec.Privacy.Rotate;

    /// <summary>True when this part may be placed and get its keys, as far as rotation is concerned.</summary>
    internal static bool MayRun(TaskState state, int part)
        => !state.Spec.Privacy.Rotate || part == 0 || state.Parts[part - 1].Result is not null;

    /// <summary>The one part that may run next or runs; null when all are accepted.</summary>
    internal static int? Open(TaskState state) => state.AcceptedCount < state.Parts.Count ? state.AcceptedCount : null;

    /// <summary>True when the event lets another part out, which the matchmaker has to hear of.</summary>
    internal static bool Opens(TaskState after, ITaskEvent happened) => happened is PartsAccepted && IsOn(after);
}
