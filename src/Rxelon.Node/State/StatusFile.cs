using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Node.State;

/// <summary>How the node is doing, for scripts: <c>status.json</c> and <c>node.pid</c> in the state directory. Replaced whole, never half-written.</summary>
internal sealed class StatusFile(string directory)
{
    internal void Write(NodeStatus status)
    {
        Replace("node.pid", $"{status.Pid}\n");
        Replace("status.json", JsonSerializer.Serialize(status, StatusJson.Default.NodeStatus));
    }

    /// <summary>The process ends in order.</summary>
    internal void Remove()
    {
        File.Delete(Path.Combine(directory, "node.pid"));
        File.Delete(Path.Combine(directory, "status.json"));
    }

    private void Replace(string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }
}

/// <summary>Link is "up", "down" or "refused"; the reason says why it is not up.</summary>
internal sealed record NodeStatus(int Pid, string Node, string Hub, string Link, ulong Session, DateTimeOffset Since, string? Code, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(NodeStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
