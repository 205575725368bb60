using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.System.Tests.Networks;

/// <summary>The container engine of the test run.</summary>
internal static class Engine
{
    internal static IDockerClient Connect() => new DockerClientConfiguration(new Uri(BusyboxImage.RequiredEngine)).CreateClient();

    internal static Task<string> ImportAsync(IDockerClient engine) => BusyboxImage.ImportAsync(engine, "rxelon-system-test");

    /// <summary>Ids of the containers that nodes made, running or not.</summary>
    internal static async Task<IReadOnlyList<string>> SandboxesAsync(IDockerClient engine)
    {
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { ["rxelon.node"] = true } };
        return [.. (await engine.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters })).Select(c => c.ID)];
    }
}
