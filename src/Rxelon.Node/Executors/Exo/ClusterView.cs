using System.Text.Json;

namespace Rxelon.Node.Executors.Exo;

/// <summary>How far an instance is: usable only when every runner of it is ready or running.</summary>
internal enum InstancePhase
{
    Loading,
    Ready,
    Failed,
}

/// <summary>A model placed on some members.</summary>
internal sealed record InstanceView(string Id, string Model, InstancePhase Phase);

/// <summary>
/// A cluster at one moment. Members are the live ones; memory (bytes) is theirs only, because other maps keep the ids of members
/// that left.
/// </summary>
internal sealed record ClusterView(IReadOnlyList<string> Members, long MemoryTotal, long MemoryFree, IReadOnlyList<InstanceView> Instances)
{
    internal static ClusterView Empty { get; } = new([], 0, 0, []);

    internal static ClusterView Read(JsonElement topology, JsonElement memory, JsonElement instances, JsonElement runners)
    {
        string[] members = [.. topology.Member("nodes").Items().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!).Order(StringComparer.Ordinal)];
        long total = 0, free = 0;
        foreach (var member in members)
        {
            total += memory.Member(member)?.Member("ramTotal")?.Number("inBytes") ?? 0;
            free += memory.Member(member)?.Member("ramAvailable")?.Number("inBytes") ?? 0;
        }

        List<InstanceView> placed = [];
        foreach (var instance in ((JsonElement?)instances).Members())
        {
            var assignments = instance.Value.Tagged().Fields.Member("shardAssignments");
            if (assignments?.Text("modelId") is { } model)
                placed.Add(new InstanceView(instance.Name, model, PhaseOf(assignments.Value, runners)));
        }

        return new ClusterView(members, total, free, placed);
    }

    internal InstanceView? Find(string instance) => Instances.FirstOrDefault(i => i.Id == instance);

    private static InstancePhase PhaseOf(JsonElement assignments, JsonElement runners)
    {
        string[] tags = [.. assignments.Member("runnerToShard").Members().Select(r => runners.Member(r.Name) is { } status ? status.Tagged().Tag : "")];
        return tags.Contains("RunnerFailed") ? InstancePhase.Failed
            : tags.Length > 0 && tags.All(t => t is "RunnerReady" or "RunnerRunning") ? InstancePhase.Ready
            : InstancePhase.Loading;
    }
}
