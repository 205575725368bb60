using System.Text.Json.Serialization;
using Rxelon.Node.Executors.Egress;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>What the operator lets containers have. The default is nothing but the images that are here already.</summary>
public sealed record DockerTerms
{
    /// <summary>Registries that images are pulled from: <c>HOST[:PORT]</c> or <c>HOST[:PORT]/PREFIX</c>.</summary>
    public IReadOnlyList<string> Registries { get; init; } = [];

    /// <summary>Run images that come encrypted with a task; the engine keeps them on its disk until the task leaves.</summary>
    public bool TakesImages { get; init; }

    /// <summary>Images that are pulled at the start and stay, wherever they come from.</summary>
    public IReadOnlyList<ImageReference> Preload { get; init; } = [];

    /// <summary>Bytes that pulled images may take together, and images that come with tasks as well.</summary>
    public long ImageBudget { get; init; } = 10L << 30;

    /// <summary>Where the node remembers which images are there because of it; null: nowhere (tests, <c>try</c>).</summary>
    [JsonIgnore]
    public string? StateDirectory { get; init; }

    /// <summary>Where programs may connect to.</summary>
    public EgressTerms Egress { get; init; } = new();

    /// <summary>The machine's file system, where GPUs are looked for; another one in tests.</summary>
    [JsonIgnore]
    public string Root { get; init; } = "/";

    /// <summary>
    /// How long an attempt waits for a pull. Shorter than the hub waits for an attempt to be ready: a pull that takes longer goes
    /// on, and a later attempt finds the image.
    /// </summary>
    [JsonIgnore]
    public TimeSpan PullPatience { get; init; } = TimeSpan.FromSeconds(90);
}
