namespace Rxelon.Shared.Workloads;

/// <summary>One stage of a task as everybody places, limits and prices it.</summary>
/// <param name="Number">0 is the task's own run.</param>
/// <param name="Name">Its name.</param>
/// <param name="Spec">The task's spec with this stage's sandbox, resources and limits.</param>
/// <param name="Needs">The stages it needs, by number.</param>
/// <param name="Parts">How many parts it has in a round.</param>
/// <param name="Program">Its program when the spec names it; stage 0's is in the submission.</param>
/// <param name="Weight">Its parts' share of the hold, relative to those of the task's other stages.</param>
/// <param name="Repeats">It belongs to the rounds.</param>
/// <param name="Follows">It needs, directly or not, a stage of the rounds, and is none: its parts come after the last round.</param>
public sealed record StageTerms(
    int Number, string Name, TaskSpec Spec, IReadOnlyList<int> Needs, int Parts, BlobRef? Program, long Weight, bool Repeats, bool Follows)
{
    /// <summary>The name of the stage's program among the task's shared blobs: key label and part context.</summary>
    public string ProgramName => NameOfProgram(Number == 0 ? "" : Name);

    /// <summary>The name of a stage's program; stage 0's name is empty here.</summary>
    public static string NameOfProgram(string stage) => stage.Length == 0 ? "program" : $"program/{stage}";
}
