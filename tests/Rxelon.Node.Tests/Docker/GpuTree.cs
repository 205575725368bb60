using System.Diagnostics;

namespace Rxelon.Node.Tests.Docker;

/// <summary>
/// A machine's /proc, /sys and /dev with GPUs in them, as their drivers lay them out. The device files are real ones: character
/// devices with the numbers of /dev/null, so that a container that gets them can use them.
/// </summary>
internal sealed class GpuTree : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("rxelon-gpus-");

    internal string Root => _root.FullName;

    internal GpuTree WithNvidia(string bus, string uuid, string model)
    {
        Write($"proc/driver/nvidia/gpus/{bus}/information", $"Model: \t\t {model}\nIRQ:   \t\t 42\nGPU UUID: \t {uuid}\nBus Location: \t {bus}\nDevice Minor: \t 0\n");
        return this;
    }

    /// <summary>The driver's tool, as a script that says this for the query that a node makes.</summary>
    internal GpuTree WithSmi(string says)
    {
        Write("usr/bin/nvidia-smi", $"#!/bin/sh\n[ \"$*\" = '--query-gpu=uuid,memory.total --format=csv,noheader,nounits' ] && printf '{says}'\n");
        File.SetUnixFileMode(Path.Combine(Root, "usr/bin/nvidia-smi"), (UnixFileMode)0b111_101_101);
        return this;
    }

    internal GpuTree WithCard(int number, string vendor, long? memory, string? product, bool hasKfd = false, int group = 44)
    {
        var device = $"sys/class/drm/card{number}/device";
        Write($"{device}/vendor", vendor + "\n");
        Write($"{device}/device", "0x744c\n");
        if (memory is { } bytes)
            Write($"{device}/mem_info_vram_total", $"{bytes}\n");
        if (product is not null)
            Write($"{device}/product_name", product + "\n");
        Directory.CreateDirectory(Path.Combine(Root, device, "drm", $"renderD{128 + number}"));
        Directory.CreateDirectory(Path.Combine(Root, $"sys/class/drm/card{number}-HDMI-A-1"));
        Device($"dev/dri/renderD{128 + number}", group);
        if (hasKfd)
            Device("dev/kfd", group);
        return this;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private void Device(string path, int group)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        foreach (var command in (string[])[$"mknod -m 660 {full} c 1 3", $"chgrp {group} {full}"])
        {
            var words = command.Split(' ');
            using var process = Process.Start(words[0], words[1..]);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
