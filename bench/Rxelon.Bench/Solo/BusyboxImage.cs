using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Rxelon.Bench.Solo;

/// <summary>An image with the machine's own static busybox as its only program, so that nothing is pulled.</summary>
internal static class BusyboxImage
{
    internal const string Program = "/bin/busybox";

    /// <summary>Gives the image's id.</summary>
    internal static async Task<string> ImportAsync(IDockerClient engine, CancellationToken cancel)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            using var busybox = File.OpenRead(Program);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
            {
                DataStream = busybox,
                Mode = DockerMode,
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        archive.Position = 0;
        await engine.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = "rxelon-bench", Tag = "busybox" }, archive, null, new Progress<JSONMessage>(), cancel)
            .ConfigureAwait(false);
        return (await engine.Images.InspectImageAsync("rxelon-bench:busybox", cancel).ConfigureAwait(false)).ID;
    }

    private const UnixFileMode DockerMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
}
