namespace Rxelon.Shared.Workloads;

/// <summary>Who made a GPU.</summary>
public enum GpuVendor
{
    /// <summary>In a request: whichever.</summary>
    Any = 0,
    Nvidia = 1,
    Amd = 2,
    Intel = 3,
}

/// <summary>GPUs that each part gets for itself: how many, whose, and the least memory of each in bytes (0: any).</summary>
public sealed record GpuRequest(int Count, GpuVendor Vendor = GpuVendor.Any, long Memory = 0)
{
    /// <summary>GPUs of one machine; a request for more is a mistake.</summary>
    public const int Most = 64;

    /// <summary>Whether that GPU would do.</summary>
    public bool IsMetBy(GpuInfo gpu) => (Vendor == GpuVendor.Any || Vendor == gpu.Vendor) && gpu.Memory >= Memory;
}

/// <summary>A GPU that a node found: memory in bytes, 0 where it cannot be read.</summary>
public sealed record GpuInfo(GpuVendor Vendor, string Model, long Memory);
