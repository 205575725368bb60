namespace Rxelon.Shared.Values;

/// <summary>What a part needs or a node has. CPU in thousandths of a core; memory and disk in bytes.</summary>
public readonly record struct Resources(int CpuMillis, long Memory, long Disk)
{
    /// <summary>What a part gets when its spec says nothing: one core, 256 MiB, 1 GiB.</summary>
    public static Resources Default => new(1000, 256L << 20, 1L << 30);

    public static Resources operator +(Resources a, Resources b)
        => new(checked(a.CpuMillis + b.CpuMillis), checked(a.Memory + b.Memory), checked(a.Disk + b.Disk));

    public static Resources operator -(Resources a, Resources b)
        => new(a.CpuMillis - b.CpuMillis, a.Memory - b.Memory, a.Disk - b.Disk);

    /// <summary>True when every dimension is within <paramref name="room"/>.</summary>
    public bool FitsIn(Resources room) => CpuMillis <= room.CpuMillis && Memory <= room.Memory && Disk <= room.Disk;
}
