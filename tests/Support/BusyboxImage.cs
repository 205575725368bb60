using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.Testing;

/// <summary>The container engine of the test run, and an image that needs nothing but this machine.</summary>
internal static class BusyboxImage
{
    /// <summary>Busybox on this machine and in the image.</summary>
    internal const string Program = "/bin/busybox";

    /// <summary>The engine that <c>./rx test</c> started; null when there is none.</summary>
    internal static string? Engine { get; } = Environment.GetEnvironmentVariable("RXELON_TEST_DOCKER") is { Length: > 0 } given ? given : null;

    internal static string RequiredEngine => Engine
        ?? throw new InvalidOperationException("RXELON_TEST_DOCKER is not set: run ./rx test, which starts a container engine for these tests.");

    /// <summary>Imports the machine's own busybox and nothing else under that name, with these Dockerfile lines; gives the image's id.</summary>
    internal static async Task<string> ImportAsync(IDockerClient engine, string repository, params string[] changes)
    {
        if (!File.Exists(Program))
            throw new InvalidOperationException("There is no /bin/busybox: install busybox-static.");
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            // Named, since an engine that makes it up (with the vfs driver) lets only root in.
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "bin/") { Mode = (UnixFileMode)0b111_101_101, ModificationTime = DateTimeOffset.UnixEpoch });
            using var busybox = File.OpenRead(Program);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
            {
                DataStream = busybox,
                Mode = (UnixFileMode)0b111_101_101,
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/sh") { LinkName = "busybox", ModificationTime = DateTimeOffset.UnixEpoch });
        }

        archive.Position = 0;
        await engine.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = repository, Tag = "busybox", Changes = changes }, archive, null, new Progress<JSONMessage>())
            .ConfigureAwait(false);
        return (await engine.Images.InspectImageAsync($"{repository}:busybox").ConfigureAwait(false)).ID;
    }
}
