using System.Text.Json.Serialization;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// A stage beside the task's own run, which is the stage <c>main</c> (docs/design/stages.md). Its parts run once the parts that
/// they need are accepted.
/// </summary>
public sealed record StageSpec
{
    /// <summary>Lower-case letters, digits and dashes, at most 32; not <c>main</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Stages whose results it gets, in this order. Empty: it runs from the start.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>The sandbox.</summary>
    public required WorkloadKind Kind { get; init; }

    /// <summary>Docker only: image id or digest, <c>sha256:…</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Image { get; init; }

    /// <summary>What each part gets; null: as the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Resources? Resources { get; init; }

    /// <summary>Where each part must stop; null: as the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StageLimits? Limits { get; init; }

    /// <summary>How many parts it has.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>The stage's encrypted program. Set before the spec is signed, so the signature covers it; a quote needs none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StageProgram? Program { get; init; }
}

/// <summary>Time per attempt in seconds and output bytes per part; retries and deadline are the task's.</summary>
public sealed record StageLimits(int TimeSeconds, long OutputBytes);

/// <summary>A program blob as the spec names it.</summary>
public sealed record StageProgram(BlobId Id, long Size);

/// <summary>
/// Repeats a group of stages: each round's last part is the next round's shared input, until <see cref="Max"/> rounds were
/// computed or that part's result has the file <see cref="Until"/>.
/// </summary>
public sealed record RoundsSpec
{
    /// <summary>The stages of the group; exactly one of them is needed by no other of them, and it has one part.</summary>
    public required IReadOnlyList<string> Of { get; init; }

    /// <summary>Rounds at most, the first included.</summary>
    public required int Max { get; init; }

    /// <summary>A file of the result such as <c>out/stop</c>; the node tells the hub only whether it is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Until { get; init; }
}
