using System.Globalization;
using Docker.DotNet.Models;
using Rxelon.Node.Executors.Gpus;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Workloads;
using Resources = Rxelon.Shared.Values.Resources;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// How every container is locked in; probes too, so that what was probed is what runs. The engine's default seccomp profile
/// applies because none is named. Reasons: docs/design/sandboxes.md.
/// </summary>
internal static class Hardening
{
    internal const string NodeLabel = "rxelon.node";
    internal const string AttemptLabel = "rxelon.attempt";

    /// <summary>Processes and threads together.</summary>
    internal const long Processes = 128;

    private const long SharedMemory = 16 << 20;
    private const long OpenFiles = 1024;

    /// <summary>The request that makes the container; nothing in it is secret.</summary>
    internal static CreateContainerParameters Container(
        ContainerImage image, string user, PlainCell cell, Resources resources, long processes, EngineFacts engine, string node, string attempt)
        => new()
        {
            Image = image.Id,
            Entrypoint = [StartProgram.Path],
            Cmd = [],
            User = user,
            WorkingDir = "/",
            Hostname = "part",
            AttachStdout = true,
            AttachStderr = true,
            NetworkDisabled = true,
            Healthcheck = new HealthConfig { Test = ["NONE"] },
            Labels = new Dictionary<string, string> { [NodeLabel] = node, [AttemptLabel] = attempt },
            HostConfig = Host(image, cell, resources, processes, engine),
        };

    /// <summary>
    /// NVIDIA's by the engine's device requests (the container toolkit must be installed); the others as device files, with the
    /// groups that may open them.
    /// </summary>
    internal static void AddGpus(HostConfig host, IReadOnlyList<Gpu> gpus, GpuScan scan)
    {
        var nvidia = gpus.Where(g => g.Info.Vendor == GpuVendor.Nvidia).Select(g => g.Id).ToList();
        if (nvidia.Count > 0)
            host.DeviceRequests = [new DeviceRequest { Driver = "nvidia", DeviceIDs = nvidia, Capabilities = [["gpu"]] }];
        var devices = gpus.SelectMany(g => g.Devices).Distinct(StringComparer.Ordinal).ToList();
        if (devices.Count == 0 || !OperatingSystem.IsLinux())
            return;
        host.Devices = [.. devices.Select(d => new DeviceMapping { PathOnHost = scan.HostPath(d), PathInContainer = d, CgroupPermissions = "rw" })];
        List<uint> groups = [];
        foreach (var device in devices)
            groups.Add(Posix.GroupOf(scan.HostPath(device)) ?? throw new FileNotFoundException($"The device {device} has gone.", device));
        host.GroupAdd = [.. groups.Where(g => g != 0).Distinct().Select(g => g.ToString(CultureInfo.InvariantCulture))];
    }

    private static HostConfig Host(ContainerImage image, PlainCell cell, Resources resources, long processes, EngineFacts engine)
    {
        var scratch = Math.Max(Math.Min(resources.Disk, resources.Memory), 1 << 20);
        return new HostConfig
        {
            NetworkMode = "none",
            ReadonlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = ["no-new-privileges:true"],
            PidsLimit = processes,
            Memory = resources.Memory,
            MemorySwap = resources.Memory,
            NanoCPUs = engine.LimitsCpu ? resources.CpuMillis * 1_000_000L : 0,
            IpcMode = "private",
            ShmSize = SharedMemory,
            Init = true,
            OomScoreAdj = 500,
            Runtime = engine.Runtime,
            LogConfig = new LogConfig { Type = "none", Config = new Dictionary<string, string>() },
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },

            // A volume that the image declares would be a directory on the engine's disk.
            Tmpfs = image.Volumes.Append("/tmp").Distinct(StringComparer.Ordinal).ToDictionary(
                path => path, _ => string.Create(CultureInfo.InvariantCulture, $"rw,nosuid,nodev,mode=1777,size={scratch}")),
            Binds = [$"{cell.Boot}:{StartProgram.Directory}:ro", $"{cell.In}:/in:ro", $"{cell.Out}:/out:rw"],
            Ulimits =
            [
                new Ulimit { Name = "nofile", Soft = OpenFiles, Hard = OpenFiles },
                new Ulimit { Name = "core", Soft = 0, Hard = 0 },
            ],
        };
    }
}

/// <summary>What was found out about the engine.</summary>
/// <param name="Version">Such as "20.10.24".</param>
/// <param name="Runtime">The OCI runtime to use: "runsc" or "runc".</param>
/// <param name="LimitsCpu">False when the kernel cannot bound CPU time; the engine refuses the option then.</param>
internal sealed record EngineFacts(string Version, string Runtime, bool LimitsCpu);
