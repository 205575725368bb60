using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.System.Tests.Networks;

/// <summary>The container engine of the test run.</summary>
internal static class Engine
{
    private const string Busybox = "/bin/busybox";

    /// <summary>Null when there is none.</summary>
    internal static string? Address { get; } = Environment.GetEnvironmentVariable("RXELON_TEST_DOCKER") is { Length: > 0 } given ? given : null;

    internal static IDockerClient Connect() => new DockerClientConfiguration(new Uri(Required)).CreateClient();

    internal static string Required => Address
        ?? throw new InvalidOperationException("RXELON_TEST_DOCKER is not set: run ./rx test, which starts a container engine for these tests.");

    /// <summary>An image of the machine's own busybox and nothing else; gives its id.</summary>
    internal static async Task<string> ImportAsync(IDockerClient engine)
    {
        if (!File.Exists(Busybox))
            throw new InvalidOperationException("There is no /bin/busybox: install busybox-static.");
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            using var busybox = File.OpenRead(Busybox);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
            {
                DataStream = busybox, Mode = (UnixFileMode)0b111_101_101, ModificationTime = DateTimeOffset.UnixEpoch,
            });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox", ModificationTime = DateTimeOffset.UnixEpoch });
        }

        archive.Position = 0;
        await engine.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = "rxelon-system-test", Tag = "busybox" }, archive, null, new Progress<JSONMessage>());
        return (await engine.Images.InspectImageAsync("rxelon-system-test:busybox")).ID;
    }

    /// <summary>Ids of the containers that nodes made, running or not.</summary>
    internal static async Task<IReadOnlyList<string>> SandboxesAsync(IDockerClient engine)
    {
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { ["rxelon.node"] = true } };
        return [.. (await engine.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters })).Select(c => c.ID)];
    }
}
