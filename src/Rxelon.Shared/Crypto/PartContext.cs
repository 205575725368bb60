using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Crypto;

/// <summary>What a ciphertext is for. The number is the role byte of the part header and never changes meaning.</summary>
public enum PartRole : byte
{
    /// <summary>From the user to the node: the part's own input.</summary>
    Input = 1,

    /// <summary>From the node to the user: what an attempt produced.</summary>
    Result = 2,

    /// <summary>From the node to the user: what an attempt wrote to its log.</summary>
    Log = 3,

    /// <summary>From the user to every node of the task: module, arguments, environment, common inputs.</summary>
    Shared = 4,

    /// <summary>From one attempt's node to the next attempt's: how far the program had come.</summary>
    Checkpoint = 5,
}

/// <summary>
/// Where a ciphertext belongs. All of it is written into the header and authenticated with every segment, so that a
/// ciphertext moved to another task, part, attempt, role or name does not open.
/// </summary>
/// <param name="Task">The task; must be set.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Part">Index of the part from 0; 0 for <see cref="PartRole.Shared"/>.</param>
/// <param name="Attempt">Number of the attempt from 1 for results, logs and checkpoints; 0 otherwise.</param>
/// <param name="Name">Name of a shared blob; empty otherwise.</param>
public readonly record struct PartContext(TaskId Task, PartRole Role, int Part, int Attempt, string Name)
{
    /// <summary>The input of a part, the same for all its attempts.</summary>
    public static PartContext Input(TaskId task, int part) => new(task, PartRole.Input, part, 0, "");

    /// <summary>The result of one attempt.</summary>
    public static PartContext Result(TaskId task, int part, int attempt) => new(task, PartRole.Result, part, attempt, "");

    /// <summary>The log of one attempt.</summary>
    public static PartContext Log(TaskId task, int part, int attempt) => new(task, PartRole.Log, part, attempt, "");

    /// <summary>The log of one attempt as it comes, chunk by chunk (<see cref="LogSealer"/>).</summary>
    public static PartContext LiveLog(TaskId task, int part, int attempt) => new(task, PartRole.Log, part, attempt, "live");

    /// <summary>The checkpoint of one attempt.</summary>
    public static PartContext Checkpoint(TaskId task, int part, int attempt) => new(task, PartRole.Checkpoint, part, attempt, "");

    /// <summary>A blob that all parts of the task use.</summary>
    public static PartContext Shared(TaskId task, string name) => new(task, PartRole.Shared, 0, 0, name);

    /// <summary>For people: which ciphertext this is.</summary>
    public override string ToString() => Role switch
    {
        PartRole.Input => $"input of part {Part} of {Task}",
        PartRole.Result => $"result of part {Part}, attempt {Attempt}, of {Task}",
        PartRole.Log => $"log of part {Part}, attempt {Attempt}, of {Task}",
        PartRole.Checkpoint => $"checkpoint of part {Part}, attempt {Attempt}, of {Task}",
        PartRole.Shared => $"shared '{Name}' of {Task}",
        _ => $"role {(int)Role} of {Task}",
    };
}
