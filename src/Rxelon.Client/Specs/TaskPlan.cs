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

    /// <summary>What each further stage of the spec runs, by the stage's name.</summary>
    public IReadOnlyDictionary<string, ProgramPlan> StagePrograms { get; init; } = new Dictionary<string, ProgramPlan>();

    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>By part: where the result lies that is expected of it (<see cref="Submission.ExpectedResult"/>); canary only.</summary>
    public IReadOnlyDictionary<int, string> Expected { get; init; } = new Dictionary<int, string>();

    public SplitPlan Split { get; init; } = SplitPlan.None;

    public MergeMode Merge { get; init; } = MergeMode.Concat;

    /// <summary>Relative paths in the plan start here.</summary>
    public string BaseDirectory { get; init; } = ".";
}

/// <summary>What runs; secrets are names of the caller's environment variables.</summary>
public sealed record ProgramPlan
{
    /// <summary>Wasm module's path; null for the others.</summary>
    public string? ModulePath { get; init; }

    /// <summary>What a model is asked; null for the others, and when each part brings its own request.</summary>
    public ModelPlan? Model { get; init; }

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

    /// <summary>So many records of the inputs per part, on standard input.</summary>
    Records,

    /// <summary>So many files per part, under in/.</summary>
    Files,

    /// <summary>So many parts, each with all inputs; programs tell them apart by {part} and {parts}.</summary>
    Count,
}

/// <summary>How input becomes parts; <see cref="Size"/> counts what <see cref="By"/> names and is at least 1.</summary>
public sealed record SplitPlan(SplitBy By, long Size)
{
    public static SplitPlan None { get; } = new(SplitBy.None, 1);

    /// <summary>Records: what they are written as; null: as the files' names say.</summary>
    public RecordFormat? Format { get; init; }

    /// <summary>Records in CSV: the first line names the columns and is repeated in every part.</summary>
    public bool Header { get; init; } = true;
}

/// <summary>How records are written.</summary>
public enum RecordFormat
{
    /// <summary>Comma-separated values, RFC 4180.</summary>
    Csv,

    /// <summary>JSON Lines: a value a line.</summary>
    Jsonl,
}

/// <summary>Formats by name.</summary>
public static class RecordFormats
{
    /// <summary>What a file's name (or the end of a glob) says; null when it says nothing.</summary>
    public static RecordFormat? OfName(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".csv" => RecordFormat.Csv,
        ".jsonl" or ".ndjson" => RecordFormat.Jsonl,
        _ => null,
    };

    /// <summary>What all of these names say; null when one says nothing or they differ.</summary>
    public static RecordFormat? OfNames(IEnumerable<string> names)
        => names.Select(OfName).Distinct().ToList() is [var one] ? one : null;
}

/// <summary>How results of parts become one.</summary>
public enum MergeMode
{
    /// <summary>Standard outputs joined in order of parts; output files in one tree when their names allow it.</summary>
    Concat,

    /// <summary>A folder per part.</summary>
    None,

    /// <summary>As <see cref="Concat"/>, but standard outputs are CSV: their header line is kept once, and must be the same.</summary>
    Csv,

    /// <summary>As <see cref="Concat"/>, but standard outputs are JSON Lines: each record stays a line of its own.</summary>
    Jsonl,
}
