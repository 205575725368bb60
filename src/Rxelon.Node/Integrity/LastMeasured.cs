using System.Text.Json;
using Rxelon.Link.Certificates;
using Rxelon.Node.Config;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Integrity;

/// <summary>
/// <c>measured.json</c> in the state directory: what the hub last let in. With it the node finds an operator's own change before the hub
/// does; it protects nobody from anybody. <see cref="Options"/> are the lines of <see cref="ConfigurationBytes"/>, so that it can say which
/// ones changed.
/// </summary>
internal sealed record LastMeasured(string Application, string Configuration, string Version, string? Options = null)
{
    private const string Name = "measured.json";

    /// <summary>Null when the node was never let in, or the file cannot be read.</summary>
    internal static LastMeasured? Load(string stateDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize<LastMeasured>(File.ReadAllBytes(Path.Combine(stateDirectory, Name)));
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    internal static LastMeasured Of(IReadOnlyList<GroupDigest> groups, string version, string options) => new(
        Hex(groups, MeasureGroups.Application), Hex(groups, MeasureGroups.Configuration), version, options);

    /// <summary>The command line's names of what differs, such as "--region, --slots".</summary>
    internal string Changed(LastMeasured now)
    {
        var (before, after) = (Lines(Options), Lines(now.Options));
        var names = before.Except(after).Union(after.Except(before)).Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).Distinct();
        return string.Join(", ", names.Order(StringComparer.Ordinal).Select(n => n switch
        {
            nameof(NodeOptions.Executors) => "--executors or --mock",
            nameof(NodeOptions.Labels) => "--label",
            nameof(NodeOptions.Containers) => "--image-registry, --preload, --image-budget, --take-images or --allow-network",
            _ => $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(n)}",
        }));
    }

    internal void Save(string stateDirectory)
    {
        if (Load(stateDirectory) != this)
            PrivateFile.Write(Path.Combine(stateDirectory, Name), JsonSerializer.SerializeToUtf8Bytes(this));
    }

    private static string[] Lines(string? options) => options?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string Hex(IReadOnlyList<GroupDigest> groups, string group)
        => Convert.ToHexStringLower(groups.Single(g => g.Group == group).Digest);
}
