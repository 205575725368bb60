using System.Text.Json.Serialization;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Workloads;

/// <summary>How the results of a task are checked (docs/design/verification.md).</summary>
public enum VerifyPolicy
{
    /// <summary>Every signed result counts.</summary>
    None = 0,

    /// <summary>Some parts have expected answers, sent along by the owner.</summary>
    Canary = 1,

    /// <summary>Each reported part is repeated elsewhere with a fixed probability.</summary>
    Spot = 2,

    /// <summary>Every part runs several times from the start.</summary>
    Quorum = 3,

    /// <summary>Each reported part is repeated with a probability that follows from what its node has to lose.</summary>
    Adaptive = 4,
}

/// <summary>The terms of checking. Members that a policy does not use stay at their defaults.</summary>
public sealed record VerifySpec
{
    /// <summary>At most so many attempts of one part are compared.</summary>
    public const int MaxOf = 5;

    /// <summary>Finer than this a double cannot tell numbers apart.</summary>
    public const decimal MinTolerance = 1e-15m;

    public required VerifyPolicy Policy { get; init; }

    /// <summary>Spot: the probability of a check, in millionths.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RateMillionths { get; init; }

    /// <summary>Quorum: attempts of each part, 2 to <see cref="MaxOf"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Of { get; init; }

    /// <summary>Quorum: how many must agree, 2 to <see cref="Of"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Agree { get; init; }

    /// <summary>Canary: by part, the answer expected (64 hex digits).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<int, string>? Expected { get; init; }

    /// <summary>
    /// Spot, quorum, adaptive: results that differ are compared by their owner's client, and numbers within this tolerance are equal: from
    /// <see cref="MinTolerance"/> and below 1. Null: only equal bytes are.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Tolerance { get; init; }

    /// <summary>
    /// Whether an answer covers the fuel too, where the sandbox counts it. Whoever expects a result knows its files, and not what computing it takes;
    /// and numbers that differ a little may have taken other paths.
    /// </summary>
    [JsonIgnore]
    public bool CountsFuel => Policy != VerifyPolicy.Canary && Tolerance is null;

    /// <summary>How many equal answers decide.</summary>
    [JsonIgnore]
    public int Needed => Policy switch
    {
        VerifyPolicy.Quorum => Agree,
        VerifyPolicy.Canary or VerifyPolicy.Spot or VerifyPolicy.Adaptive => 2, // a canary's owner is one of the two
        _ => 1,
    };

    /// <summary>Attempts of each part that are ordered with the task, the first one included.</summary>
    [JsonIgnore]
    public int FromTheStart => Policy == VerifyPolicy.Quorum ? Of : 1;

    /// <summary>
    /// How many parts the hold must have room for when the user's are so many: the ceiling of what checks may cost, and with
    /// <paramref name="paysComparisons"/> a comparison of each part that is checked.
    /// </summary>
    public long Budgeted(long parts, bool paysComparisons = false)
        => checked(Checked(parts) + (paysComparisons && Tolerance is not null ? Policy == VerifyPolicy.Quorum ? parts : Checked(parts) - parts : 0));

    private long Checked(long parts) => Policy switch
    {
        VerifyPolicy.Canary => checked(parts + Math.Min(parts, Expected?.Count ?? 0)),
        VerifyPolicy.Spot => checked(parts + (((parts * RateMillionths) + 999_999) / 1_000_000)),
        VerifyPolicy.Quorum => checked(parts * Of),
        VerifyPolicy.Adaptive => checked(parts * 2),
        _ => parts,
    };

    /// <summary>Why these terms cannot be, or null.</summary>
    public string? Problem() => ProblemOfTolerance() ?? Policy switch
    {
        VerifyPolicy.None => null,
        VerifyPolicy.Canary => Expected is not { Count: > 0 }
            ? "canary needs the expected answer of at least one part."
            : Expected.Any(e => e.Key < 0 || !BlobId.TryParse(e.Value, out _)) ? "an expected answer is a part's number and 64 hex digits." : null,
        VerifyPolicy.Spot => RateMillionths is < 1 or > 1_000_000 ? "spot needs a rate above 0 and up to 1." : null,
        VerifyPolicy.Quorum => Of is < 2 or > MaxOf ? $"quorum runs a part 2 to {MaxOf} times."
            : Agree < 2 || Agree > Of ? "quorum needs from 2 to all attempts to agree." : null,
        VerifyPolicy.Adaptive => null,
        _ => "there is no such policy.",
    };

    private string? ProblemOfTolerance() => Tolerance switch
    {
        null => null,
        _ when Policy is not (VerifyPolicy.Spot or VerifyPolicy.Quorum or VerifyPolicy.Adaptive) => "numbers are compared under spot, quorum and adaptive only.",
        < MinTolerance or >= 1 => "a tolerance is at least 1e-15 and below 1.",
        _ => null,
    };
}
