using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rxelon.Hub.Disk;

/// <summary>What Linux can be asked about a file's way through memory. Elsewhere, and where a file system cannot, the answer is no.</summary>
internal static class PageCache
{
    /// <summary>What address, offset and length of a transfer past the page cache are multiples of, on every disk.</summary>
    internal const int Alignment = 4096;

    /// <summary>The errno, and so HResult, of a transfer that a file system does not take past the page cache.</summary>
    internal const int Invalid = 22;

    private const int SetFlags = 4;
    private const uint StartWriting = 2;

    // cachestat(2), the same number on every processor; the C library has no name for it yet.
    private const nint CacheStatistics = 451;

    // O_DIRECT differs by processor (include/uapi/asm-generic/fcntl.h and arch/*/include/uapi/asm/fcntl.h of Linux).
    private static readonly int Direct = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

    /// <summary>True when transfers by this handle go past the page cache from now on, or through it again.</summary>
    internal static bool TrySetDirect(SafeFileHandle file, bool isDirect)
        => OperatingSystem.IsLinux() && Direct != 0 && Control(file, SetFlags, isDirect ? Direct : 0) == 0;

    /// <summary>True when that stretch of the file is in memory, or when this kernel (before 6.5) does not tell.</summary>
    internal static bool Holds(SafeFileHandle file, long offset, long count)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        var (range, found) = (new Stretch { Offset = offset, Count = count }, default(Pages));
        return Ask(CacheStatistics, file, ref range, ref found, 0) != 0 || found.InMemory * Environment.SystemPageSize >= count;
    }

    /// <summary>Begins to write to the disk what is in memory, so that a later sync has less to wait for.</summary>
    internal static void StartWriteBack(SafeFileHandle file, long offset, long count)
    {
        if (OperatingSystem.IsLinux())
            _ = SyncRange(file, offset, count, StartWriting); // the sync tells what failed
    }

#pragma warning disable SYSLIB1054 // source-generated imports need unsafe code
    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Control(SafeFileHandle file, int command, int value);

    [DllImport("libc", EntryPoint = "syscall")]
    private static extern nint Ask(nint number, SafeFileHandle file, ref Stretch range, ref Pages found, uint flags);

    [DllImport("libc", EntryPoint = "sync_file_range")]
    private static extern int SyncRange(SafeFileHandle file, long offset, long count, uint flags);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private struct Stretch
    {
        public long Offset;
        public long Count;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Pages
    {
        public long InMemory;
        public long Dirty;
        public long BeingWritten;
        public long Evicted;
        public long EvictedOfLate;
    }
}
