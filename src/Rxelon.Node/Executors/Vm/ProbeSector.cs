namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// A boot sector that writes <see cref="Value"/> to the port of QEMU's <c>isa-debug-exit</c> device, which ends QEMU with
/// <see cref="ExitCode"/>: firmware and processor work.
/// </summary>
internal static class ProbeSector
{
    internal const byte Value = 0x2A;

    /// <summary>QEMU's rule for that device: twice the value and one.</summary>
    internal const int ExitCode = (Value << 1) | 1;

    private const int SectorSize = 512;

    /// <summary>The firmware takes smaller disks for broken ones.</summary>
    private const int DiskSize = 1 << 20;

    /// <summary>The device and the disk; the sector lies at that path.</summary>
    internal static IEnumerable<string> Arguments(string path)
        => ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x01", "-drive", $"if=none,id=probe,file={path},format=raw,readonly=on", "-device", "virtio-blk-pci,drive=probe,bootindex=0"];

    internal static byte[] Build()
    {
        var disk = new byte[DiskSize];

        // mov al, Value; out 0xf4, al; hlt; jmp to hlt
        ReadOnlySpan<byte> code = [0xB0, Value, 0xE6, 0xF4, 0xF4, 0xEB, 0xFD];
        code.CopyTo(disk);
        disk[SectorSize - 2] = 0x55;
        disk[SectorSize - 1] = 0xAA;
        return disk;
    }
}
