using Microsoft.Data.Sqlite;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>Tells a full disk (or a full disk quota) from other failures.</summary>
internal static class DiskFull
{
    // errno values, which .NET passes on as HResult on Unix; the last one is Windows' ERROR_DISK_FULL.
    private const int NoSpace = 28;
    private const int LinuxDiskQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int SqliteFull = 13;
    private const int SqliteCannotGrowSharedMemory = 4874;

    internal static Fault Fault { get; } = new(
        FaultCodes.StorageFull, "The hub's disk is full; nothing of this request was kept. Ask again later.", Culprit.Hub, Retryable: true);

    internal static bool Is(Exception e) => e switch
    {
        SqliteException s => s.SqliteErrorCode == SqliteFull || s.SqliteExtendedErrorCode == SqliteCannotGrowSharedMemory,
        IOException io => io.HResult is NoSpace or LinuxDiskQuota or WindowsDiskFull,
        _ => false,
    };
}
