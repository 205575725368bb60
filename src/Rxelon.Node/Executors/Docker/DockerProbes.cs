using System.Formats.Tar;
using System.Runtime.InteropServices;
using Docker.DotNet;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Resources = Rxelon.Shared.Values.Resources;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Finds out whether each limit really bites, by trying to break it in a container locked in exactly like an attempt's. The
/// probes are a few instructions each, in an empty image made on the spot: nothing is pulled and nothing must be installed.
/// </summary>
internal sealed class DockerProbes(IDockerClient engine, PlainSpace space, string node, TimeProvider time)
{
    internal const string ImageName = "rxelon-probe:1";

    private const int ReadOnlyFileSystem = 30;
    private const int NetworkUnreachable = 101;
    private const int ProcessProbeLimit = 20;
    private const int Killed = 137;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Resources Room = new(1000, 32 << 20, 1 << 20);

    // Forks children that wait until that fails or there are 200; exits with their number.
    private static readonly byte[] Forks = Convert.FromHexString(
        "31dbb8390000000f0585c07817740cffc381fbc80000007ce9eb09b8220000000f05ebf789dfb83c0000000f05");

    // Writes to every page of 128 MiB; exits with 0.
    private static readonly byte[] Memory = Convert.FromHexString(
        "31ffbe00000008ba0300000041ba2200000049c7c0ffffffff4531c9b8090000000f05488d8800000008c600014805001000004839c872f2"
        + "31ffb83c0000000f05");

    // Creates the file named in the table; exits with the errno.
    private static readonly byte[] Creates = Convert.FromHexString("8b3c2500024000be41000000baa4010000b8020000000f05f7d889c7b83c0000000f05");

    // Connects a UDP socket to the address in the table; exits with the errno.
    private static readonly byte[] Connects = Convert.FromHexString(
        "bf02000000be0200000031d2b8290000000f0589c78b342500024000ba10000000b82a0000000f05f7d889c7b83c0000000f05");

    /// <summary>Limits that bit, and warnings for those that did not. Throws when the engine runs no container at all.</summary>
    internal async Task<(IReadOnlyList<string> Limits, IReadOnlyList<string> Warnings)> RunAsync(EngineFacts facts, CancellationToken cancel)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return ([], ["The limits were not probed: there are no probes for this processor."]);
        await ImportImageAsync(cancel).ConfigureAwait(false);
        var results = await Task.WhenAll(
            RunAsync(facts, Forks, "/", ProcessProbeLimit, cancel),
            RunAsync(facts, Memory, "/", Hardening.Processes, cancel),
            RunAsync(facts, Creates, "/probe-file", Hardening.Processes, cancel),
            RunAsync(facts, Connects, null, Hardening.Processes, cancel)).ConfigureAwait(false);
        List<string> limits = [];
        List<string> warnings = [];
        Judge(results[0] is > 0 and <= ProcessProbeLimit, "number of processes", "A program can start any number of processes");
        Judge(results[1] is Killed, "memory", "A program can use more memory than its limit");
        Judge(results[2] == ReadOnlyFileSystem, "read-only root", "A program can write to the image's file system");
        Judge(results[3] == NetworkUnreachable, "no network", "A program can reach the network");
        return (limits, warnings);

        void Judge(bool bites, string limit, string warning)
            => (bites ? limits : warnings).Add(bites ? limit : $"{warning}.");
    }

    private async Task<long> RunAsync(EngineFacts facts, byte[] code, string? path, long processes, CancellationToken cancel)
    {
        var cell = space.Rent(1 << 20);
        var probe = new ElfProgram(code);

        // 192.0.2.1 port 53 as sockaddr_in; the address is reserved for documentation (RFC 5737).
        probe.Slot(0, path is null ? probe.Bytes([2, 0, 0, 53, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]) : probe.Text(path));
        await File.WriteAllBytesAsync(cell.Start, probe.ToArray(), cancel).ConfigureAwait(false);
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(cell.Start, StartFileMode);
        var image = new ContainerImage(ImageName, [], [], [], "/", []);
        var container = Hardening.Container(image, DockerSandbox.DefaultUser, cell, Room, processes, facts, node, "probe");
        string? id = null;
        try
        {
            var end = await new ContainerRun(engine, time)
                .RunAsync(container, Patience, new ChunkedBuffer(1024), new TailBuffer(1024), null, created => id = created.Container, null, cancel).ConfigureAwait(false);
            return end.ExitCode;
        }
        finally
        {
            var remove = new ContainerRemoveParameters { Force = true, RemoveVolumes = true };
            if (id is not null)
                await engine.Containers.RemoveContainerAsync(id, remove, CancellationToken.None).ConfigureAwait(false);
            space.Return(cell);
        }
    }

    internal const UnixFileMode StartFileMode =
        UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private async Task ImportImageAsync(CancellationToken cancel)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "probe") { ModificationTime = DateTimeOffset.UnixEpoch });
        archive.Position = 0;
        var name = ImageName.Split(':');
        var import = new ImagesCreateParameters { FromSrc = "-", Repo = name[0], Tag = name[1] };
        await engine.Images.CreateImageAsync(import, archive, null, new Progress<JSONMessage>(), cancel).ConfigureAwait(false);
    }
}
