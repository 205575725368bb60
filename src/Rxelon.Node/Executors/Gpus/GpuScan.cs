using System.Diagnostics;
using System.Globalization;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Gpus;

/// <summary>A GPU of this machine: NVIDIA's by UUID, the others by their device files.</summary>
internal sealed record Gpu(GpuInfo Info, string Id, IReadOnlyList<string> Devices);

/// <summary>
/// Finds the machine's GPUs. NVIDIA: <c>/proc/driver/nvidia/gpus/*/information</c>, memory from <c>nvidia-smi</c> when that is
/// installed. AMD and Intel: <c>/sys/class/drm/card*/device</c> (PCI vendor ids; <c>mem_info_vram_total</c> of amdgpu), given as
/// their render nodes and, for AMD, <c>/dev/kfd</c>. Only what can be read is claimed: memory that cannot be is 0, so a request
/// for an amount is not matched with it. <paramref name="root"/> is "/" but in tests.
/// </summary>
internal sealed class GpuScan(string root)
{
    private const string AmdVendor = "0x1002";
    private const string IntelVendor = "0x8086";
    private const int SmiPatience = 10_000;

    /// <summary>In a stable order.</summary>
    internal IReadOnlyList<Gpu> Find() => [.. FindNvidia(), .. FindDrm()];

    /// <summary>Where the host has the file that programs know by this path.</summary>
    internal string HostPath(string path) => Path.Combine(root, path.TrimStart('/'));

    private IEnumerable<Gpu> FindNvidia()
    {
        var memory = ReadSmi();
        foreach (var folder in Folders("/proc/driver/nvidia/gpus", "*"))
        {
            var facts = (Read(Path.Combine(folder, "information")) ?? "").Split('\n')
                .Select(l => l.Split(':', 2, StringSplitOptions.TrimEntries)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1]);
            if (facts["GPU UUID"].FirstOrDefault() is { } uuid && uuid.StartsWith("GPU-", StringComparison.Ordinal) && !uuid.Contains('?', StringComparison.Ordinal))
                yield return new Gpu(new GpuInfo(GpuVendor.Nvidia, facts["Model"].FirstOrDefault() ?? "", memory.GetValueOrDefault(uuid)), uuid, []);
        }
    }

    private IEnumerable<Gpu> FindDrm()
    {
        foreach (var card in Folders("/sys/class/drm", "card*").Where(c => !Path.GetFileName(c).Contains('-', StringComparison.Ordinal)))
        {
            var device = Path.Combine(card, "device");
            var vendor = Read(Path.Combine(device, "vendor")) switch
            {
                AmdVendor => GpuVendor.Amd,
                IntelVendor => GpuVendor.Intel,
                _ => GpuVendor.Any,
            };
            var render = Directory.Exists(Path.Combine(device, "drm"))
                ? Directory.EnumerateDirectories(Path.Combine(device, "drm"), "renderD*").Select(d => $"/dev/dri/{Path.GetFileName(d)}").Order(StringComparer.Ordinal).FirstOrDefault()
                : null;
            if (vendor == GpuVendor.Any || render is null || !File.Exists(HostPath(render)))
                continue;
            var model = Read(Path.Combine(device, "product_name")) is { Length: > 0 } name ? name : $"{vendor} {Read(Path.Combine(device, "device"))}";
            _ = long.TryParse(Read(Path.Combine(device, "mem_info_vram_total")), NumberStyles.None, CultureInfo.InvariantCulture, out var memory);
            IReadOnlyList<string> devices = vendor == GpuVendor.Amd && File.Exists(HostPath("/dev/kfd")) ? [render, "/dev/kfd"] : [render];
            yield return new Gpu(new GpuInfo(vendor, model, memory), render, devices);
        }
    }

    /// <summary>Memory by UUID, as the driver's own tool tells it; empty when it is not installed or does not work.</summary>
    private Dictionary<string, long> ReadSmi()
    {
        var memory = new Dictionary<string, long>();
        if (((string[])["/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi"]).Select(HostPath).FirstOrDefault(File.Exists) is not { } smi)
            return memory;
        using var process = Process.Start(new ProcessStartInfo(smi, ["--query-gpu=uuid,memory.total", "--format=csv,noheader,nounits"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        var output = process!.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(SmiPatience))
        {
            process.Kill();
            return memory;
        }

        foreach (var line in output.Result.Split('\n'))
        {
            if (line.Split(',', StringSplitOptions.TrimEntries) is [var uuid, var mebibytes]
                && long.TryParse(mebibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                memory[uuid] = size << 20;
        }

        return memory;
    }

    private IEnumerable<string> Folders(string path, string pattern)
        => Directory.Exists(HostPath(path)) ? Directory.EnumerateDirectories(HostPath(path), pattern).Order(StringComparer.Ordinal) : [];

    private static string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some drivers' files answer with an error while the card sleeps.
            return null;
        }
    }
}
