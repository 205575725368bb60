namespace Rxelon.Node.Executors.Exo;

/// <summary>How often a cluster is looked at and how long it gets (docs/design/exo.md). The hub gives an attempt 120 s to be ready.</summary>
internal sealed record ExoTimes
{
    /// <summary>Between two polls of members, memory, instances and runners.</summary>
    internal TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two looks at the models when no member came or went.</summary>
    internal TimeSpan Models { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For one call. Writes block for some seconds while the cluster elects a master.</summary>
    internal TimeSpan Call { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Until an accepted placement must be in the state.</summary>
    internal TimeSpan Appear { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Until every runner of an instance must be ready.</summary>
    internal TimeSpan Ready { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Between two looks while something is waited for.</summary>
    internal TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Without a token or prefill progress a stream counts as dead.</summary>
    internal TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);
}
