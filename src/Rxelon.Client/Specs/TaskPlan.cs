using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Specs;

/// <summary>
/// Everything that a task needs, whichever way the user said it: what the hub may know (<see cref="Spec"/>), what it may not
/// (program, arguments, environment, inputs), and what stays here (split, merge).
/// </summary>
public sealed record TaskPlan
{
    public required TaskSpec Spec { get; init; }

    public required ProgramPlan Program { get; init; }

    public IReadOnlyList<string> Inputs { get; init; } = [];

    public SplitPlan Split { get; init; } = SplitPlan.None;

    public MergeMode Merge { get; init; } = MergeMode.Concat;

    /// <summary>Relative paths in the plan start here.</summary>
    public string BaseDirectory { get; init; } = ".";
}

/// <summary>What runs; secrets are names of the caller's environment variables.</summary>
public sealed record ProgramPlan
{
    /// <summary>Wasm module's path; null for Docker.</summary>
    public string? ModulePath { get; init; }

    /// <summary>Docker: path of the archive that brings the image along; null when nodes have or pull it.</summary>
    public string? ImagePath { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public string Workdir { get; init; } = "";

    public string User { get; init; } = "";

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>What a part is made of.</summary>
public enum SplitBy
{
    /// <summary>One part with everything.</summary>
    None,

    /// <summary>So many lines of the joined inputs per part, on standard input.</summary>
    Lines,

    /// <summary>So many bytes of the joined inputs per part, on standard input.</summary>
    Bytes,

    /// <summary>So many files per part, under in/.</summary>
    Files,

    /// <summary>So many parts, each with all inputs; programs tell them apart by {part} and {parts}.</summary>
    Count,
}

/// <summary>How input becomes parts; <see cref="Size"/> counts what <see cref="By"/> names and is at least 1.</summary>
public sealed record SplitPlan(SplitBy By, long Size)
{
    public static SplitPlan None { get; } = new(SplitBy.None, 1);
}

/// <summary>How results of parts become one.</summary>
public enum MergeMode
{
    /// <summary>Standard outputs joined in order of parts; output files in one tree when their names allow it.</summary>
    Concat,

    /// <summary>A folder per part.</summary>
    None,
}
