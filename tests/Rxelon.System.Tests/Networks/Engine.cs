using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.System.Tests.Networks;

/// <summary>The container engine of the test run.</summary>
internal static class Engine
{
    internal static IDockerClient Connect() => new DockerClientConfiguration(new Uri(BusyboxImage.RequiredEngine)).CreateClient();

    internal static Task<string> ImportAsync(IDockerClient engine) => BusyboxImage.ImportAsync(engine, "rxelon-system-test");

    /// <summary>Ids of the containers that this network's nodes made, running or not; other networks use the engine at the same time.</summary>
    internal static async Task<IReadOnlyList<string>> SandboxesAsync(IDockerClient engine, RunningNetwork net)
    {
        var nodes = (await net.Hub.NodesAsync()).Value.Select(n => n.Node.ToString()).ToHashSet();
        var made = await engine.Containers.ListContainersAsync(new ContainersListParameters { All = true });
        return [.. made.Where(c => c.Labels.TryGetValue("rxelon.node", out var node) && nodes.Contains(node)).Select(c => c.ID)];
    }
}
