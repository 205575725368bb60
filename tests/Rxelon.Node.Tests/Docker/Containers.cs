using Docker.DotNet.Models;

namespace Rxelon.Node.Tests.Docker;

/// <summary>What the engine holds of a node.</summary>
internal static class Containers
{
    internal static async Task<IList<ContainerListResponse>> OfAsync(DockerFixture docker)
        => await docker.Executor.Engine.Containers.ListContainersAsync(new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["label"] = new Dictionary<string, bool> { [$"rxelon.node={docker.Node}"] = true },
            },
        });

    internal static Task<ContainerListResponse> UntilRunningAsync(DockerFixture docker)
        => Eventually.GetAsync("a container running", async () => (await OfAsync(docker)).FirstOrDefault(c => c.State == "running"));
}
