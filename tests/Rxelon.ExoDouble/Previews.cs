using System.Text.Json.Nodes;

namespace Rxelon.ExoDouble;

/// <summary>How the double would place a model: rings over the members with most free memory.</summary>
internal sealed class Previews(ExoCluster cluster, ExoScript script)
{
    private const string NoMemory = "No cycles found with sufficient memory";

    /// <summary>Null for a model that is not in the catalogue.</summary>
    internal JsonArray? For(string model)
    {
        if (SizeOf(model) is not { } size)
            return null;
        var members = cluster.Members.OrderByDescending(cluster.Free).ToList();
        var previews = new JsonArray();
        for (var count = 1; count <= members.Count; count++)
        {
            var chosen = members.Take(count).ToList();
            previews.Add(!script.TooLittleMemory && chosen.Sum(cluster.Free) >= size
                ? Valid(model, size, chosen)
                : Invalid(model, "MlxRing", NoMemory));
        }

        if (members.Count == 0)
            previews.Add(Invalid(model, "MlxRing", NoMemory));
        previews.Add(Invalid(model, "MlxJaccl", "Requested RDMA (MlxJaccl) but no RDMA-connected cycles available"));
        return previews;
    }

    /// <summary>The smallest placement, or null.</summary>
    internal JsonObject? Best(string model, int leastMembers)
        => For(model)?.Select(p => p!["instance"]).OfType<JsonObject>()
            .FirstOrDefault(i => i["MlxRingInstance"]!["shardAssignments"]!["nodeToRunner"]!.AsObject().Count >= leastMembers)?.DeepClone().AsObject();

    internal JsonObject Card(string model)
    {
        var card = Golden.Parse("model-card.json");
        card["modelId"] = model;
        card["storageSize"] = new JsonObject { ["inBytes"] = SizeOf(model) };
        return script.Release == ExoRelease.Main ? card : ExoCluster.Older(card).AsObject();
    }

    internal long? SizeOf(string model) => model == Golden.Model ? 729808896 : script.MoreModels.TryGetValue(model, out var size) ? size : null;

    private JsonObject Valid(string model, long size, List<string> members)
    {
        const int Layers = 16;
        var (shards, runners, hosts, deltas) = (new JsonObject(), new JsonObject(), new JsonObject(), new JsonObject());
        for (var rank = 0; rank < members.Count; rank++)
        {
            var runner = Guid.NewGuid().ToString();
            shards[runner] = new JsonObject
            {
                ["PipelineShardMetadata"] = new JsonObject
                {
                    ["modelCard"] = Card(model),
                    ["deviceRank"] = rank,
                    ["worldSize"] = members.Count,
                    ["immediateException"] = false,
                    ["shouldTimeout"] = null,
                    ["startLayer"] = Layers * rank / members.Count,
                    ["endLayer"] = Layers * (rank + 1) / members.Count,
                    ["nLayers"] = Layers,
                },
            };
            runners[members[rank]] = runner;
            hosts[members[rank]] = new JsonArray(members.Select(_ => (JsonNode)new JsonObject { ["ip"] = "0.0.0.0", ["port"] = 55937 }).ToArray());
            deltas[members[rank]] = size / members.Count;
        }

        return new JsonObject
        {
            ["model_id"] = model,
            ["sharding"] = "Pipeline",
            ["instance_meta"] = "MlxRing",
            ["instance"] = new JsonObject
            {
                ["MlxRingInstance"] = new JsonObject
                {
                    ["instanceId"] = Guid.NewGuid().ToString(),
                    ["shardAssignments"] = new JsonObject { ["modelId"] = model, ["runnerToShard"] = shards, ["nodeToRunner"] = runners },
                    ["hostsByNode"] = hosts,
                    ["ephemeralPort"] = 55937,
                },
            },
            ["memory_delta_by_node"] = deltas,
            ["error"] = null,
        };
    }

    private static JsonObject Invalid(string model, string meta, string error) => new()
    {
        ["model_id"] = model,
        ["sharding"] = "Pipeline",
        ["instance_meta"] = meta,
        ["instance"] = null,
        ["memory_delta_by_node"] = null,
        ["error"] = error,
    };
}
