using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tasks;

/// <summary>How long an ended task's ciphertext stays.</summary>
public static class TaskRetention
{
    // A hundred years: keeps an absurd spec from overflowing the calendar.
    private const long LongestSeconds = 100L * 365 * 24 * 3600;

    /// <summary>When the logs of its attempts go, never after the results; null while it lives.</summary>
    public static DateTimeOffset? LogsUntil(TaskView task) => task.EndedAt?.AddSeconds(LogsSeconds(task.Spec.Retain));

    private static long LogsSeconds(Retention retain)
        => Math.Clamp(Math.Min(retain.LogsSeconds ?? retain.ResultsSeconds, retain.ResultsSeconds), 0, LongestSeconds);
}
