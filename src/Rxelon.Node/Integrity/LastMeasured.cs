using System.Text.Json;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Integrity;

/// <summary>
/// <c>measured.json</c> in the state directory: what the hub last let in. With it the node finds an operator's own change before the hub
/// does; it protects nobody from anybody.
/// </summary>
internal sealed record LastMeasured(string Application, string Configuration, string Version)
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

    internal static LastMeasured Of(IReadOnlyList<GroupDigest> groups, string version) => new(
        Hex(groups, MeasureGroups.Application), Hex(groups, MeasureGroups.Configuration), version);

    internal void Save(string stateDirectory)
    {
        if (Load(stateDirectory) != this)
            PrivateFile.Write(Path.Combine(stateDirectory, Name), JsonSerializer.SerializeToUtf8Bytes(this));
    }

    private static string Hex(IReadOnlyList<GroupDigest> groups, string group)
        => Convert.ToHexStringLower(groups.Single(g => g.Group == group).Digest);
}
