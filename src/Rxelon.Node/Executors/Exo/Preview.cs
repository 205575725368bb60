using System.Text.Json;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Exo;

/// <summary>The cluster's own answer to how a model could be placed.</summary>
internal static class Preview
{
    /// <summary>
    /// The instance to post: of the fewest members, pipeline before tensor, ring before RDMA. Model-missing with the cluster's reason
    /// when nothing fits.
    /// </summary>
    internal static Outcome<JsonElement> Best(JsonElement previews)
    {
        var all = previews.Member("previews").Items().ToList();
        var best = all.Where(p => p.Text("error") is null && p.Member("instance") is { ValueKind: JsonValueKind.Object })
            .OrderBy(p => p.Member("memory_delta_by_node").Members().Count())
            .ThenBy(p => p.Text("sharding") != "Pipeline").ThenBy(p => p.Text("instance_meta") != "MlxRing")
            .Select(p => p.Member("instance")).FirstOrDefault();
        return best is { } instance ? instance : Missing(all.Select(p => p.Text("error")).OfType<string>().FirstOrDefault() ?? "it has no preview for it.");
    }

    /// <summary>The id that an instance from a preview carries.</summary>
    internal static string? IdOf(JsonElement instance) => instance.Tagged().Fields.Text("instanceId");

    internal static Fault Missing(string why)
        => new(FaultCodes.ModelMissing, $"The EXO cluster cannot hold the model now: {why}", Culprit.Node, Retryable: true);
}
