using System.Globalization;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Vm;

/// <summary>What runs the guest's instructions.</summary>
internal enum Acceleration
{
    /// <summary>QEMU's translator: works everywhere, ten to twenty times slower.</summary>
    Tcg = 1,
    Kvm = 2,
}

/// <summary>Every machine's hardware; probes have the same (docs/design/vm.md). Paths are those of descriptors that the start opened.</summary>
internal static class QemuArguments
{
    internal const string Folder = "/proc/self/fd/3";
    internal const string Kernel = "/proc/self/fd/4";
    internal const string Initrd = "/proc/self/fd/5";
    internal const string Root = "/proc/self/fd/6";

    /// <summary>The guest's ports, by the names of their sockets.</summary>
    internal static readonly string[] Ports = ["job", "stdout", "stderr", "result"];

    /// <summary>What QEMU may keep of translated instructions, MiB; its own default is up to 1 GiB.</summary>
    internal const int TranslatedMebi = 256;

    private const long Overhead = 64L << 20;
    private const long Mebi = 1L << 20;

    /// <summary>
    /// Memory of the guest in MiB: the part's own, its files, which are memory here, and what the kernel needs.
    /// </summary>
    internal static long MemoryMebi(Resources resources, long outputBytes, long initrdBytes)
    {
        var bytes = resources.Memory + resources.Disk + outputBytes + Overhead + (2 * initrdBytes);
        return (bytes + (bytes / 64) + Mebi - 1) / Mebi;
    }

    /// <summary>Board, processor, memory, and what is denied to QEMU itself.</summary>
    internal static List<string> Machine(Acceleration acceleration, int cpuMillis, long memoryMebi)
    {
        var isKvm = acceleration == Acceleration.Kvm;
        return
        [
            "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot",
            "-machine", "q35,usb=off,smbus=off,sata=off,vmport=off,dump-guest-core=off",
            "-accel", isKvm ? "kvm" : $"tcg,tb-size={TranslatedMebi}",
            "-cpu", isKvm ? "host" : "max",
            "-smp", ((cpuMillis + 999) / 1000).ToString(CultureInfo.InvariantCulture),
            "-m", string.Create(CultureInfo.InvariantCulture, $"{memoryMebi}M"),
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        ];
    }

    /// <summary>What boots.</summary>
    internal static List<string> Boot(VmManifest manifest)
    {
        List<string> arguments = ["-kernel", Kernel, "-initrd", Initrd, "-append", manifest.Append];
        if (manifest.Root is not null)
            arguments.AddRange(["-drive", $"if=none,id=root,file={Root},format=raw,readonly=on", "-device", "virtio-blk-pci,drive=root"]);
        return arguments;
    }

    /// <summary>The four ports and the control socket; the machine waits for <c>cont</c>.</summary>
    internal static List<string> Control(string marker)
    {
        List<string> arguments = ["-name", marker, "-S", "-qmp", $"unix:{Folder}/qmp,server=on,wait=off", "-device", "virtio-serial-pci"];
        foreach (var port in Ports)
        {
            arguments.AddRange([
                "-chardev", $"socket,id={port},path={Folder}/{port},server=on,wait=off",
                "-device", $"virtserialport,chardev={port},name=rxelon.{port}",
            ]);
        }

        return arguments;
    }
}
