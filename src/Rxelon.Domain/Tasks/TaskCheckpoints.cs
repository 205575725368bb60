using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>What an attempt left for the next one of its part, and which attempt that was.</summary>
public sealed record PartCheckpoint(BlobRef Blob, int Attempt);

/// <summary>Where checkpoints are kept, for how long, and who begins from them (docs/design/checkpoints.md).</summary>
public static class TaskCheckpoints
{
    /// <summary>False for a verified task: a result that two nodes made cannot be held against either.</summary>
    public static bool MayBeKept(TaskState state) => !state.PaysAtTheEnd;

    /// <summary>What the part's next or present attempt begins from; null for its input.</summary>
    public static PartCheckpoint? Of(TaskState state, int part) => state.Parts[part].Checkpoint;

    /// <summary>A failure as it is recorded: with what was handed in, if that may be kept.</summary>
    internal static Failed Recorded(TaskState state, Failed failed, FailedAttempt reported, RunningAttempt running)
        => reported.Checkpoint is { } left && running.SessionKey is not null && MayBeKept(state)
            ? failed with { Checkpoint = left, CheckpointSignature = reported.CheckpointSignature }
            : failed;

    /// <summary>The part's checkpoint after a failure: a new one, none when the program failed from it, or the one there was.</summary>
    internal static PartCheckpoint? After(PartCheckpoint? before, Failed failed)
        => failed.Checkpoint is { } left ? new PartCheckpoint(left, failed.Attempt.Number)
            : PartTrouble.IsProgram(failed.Fault) ? null
            : before;

    /// <summary>What nobody will begin from any more, now that this batch is durable.</summary>
    internal static DropBlobs? Dropped(TaskState before, TaskState after, IReadOnlyList<ITaskEvent> batch)
    {
        var parts = before.IsAlive && !after.IsAlive ? Enumerable.Range(0, before.Parts.Count) : batch.SelectMany(TaskViews.PartsOf).Distinct();
        List<BlobRef> gone = [];
        foreach (var part in parts.Where(p => p < before.Parts.Count))
        {
            if (before.Parts[part].Checkpoint is { } was && (!after.IsAlive || after.Parts[part].Checkpoint != was))
                gone.Add(was.Blob);
        }

        return gone.Count > 0 ? new DropBlobs(after.Order.Owner, gone) : null;
    }
}
