namespace Rxelon.Client.Hub;

/// <summary>Phases of a task as the API names them.</summary>
public static class TaskPhases
{
    /// <summary>Every part was accepted.</summary>
    public const string Completed = "Completed";

    private static readonly string[] Ends = [Completed, "Failed", "Cancelled", "Expired"];

    /// <summary>True when nothing can change the outcome any more.</summary>
    public static bool IsEnd(string phase) => Ends.Contains(phase, StringComparer.OrdinalIgnoreCase);

    /// <summary>True when every part was accepted.</summary>
    public static bool IsSuccess(string phase) => string.Equals(phase, Completed, StringComparison.OrdinalIgnoreCase);
}
