using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rxelon.Hub.Disk;

/// <summary>Starts what a sync would otherwise start at its end.</summary>
internal static class WriteBack
{
    // SYNC_FILE_RANGE_WRITE, include/uapi/linux/fs.h of Linux.
    private const uint StartWriting = 2;

    /// <summary>Begins to write that stretch of the file from memory to the disk; elsewhere than on Linux nothing happens.</summary>
    internal static void Start(SafeFileHandle file, long offset, long count)
    {
        if (OperatingSystem.IsLinux())
            _ = SyncRange(file, offset, count, StartWriting); // the sync tells what failed
    }

#pragma warning disable SYSLIB1054 // source-generated imports need unsafe code
    [DllImport("libc", EntryPoint = "sync_file_range")]
    private static extern int SyncRange(SafeFileHandle file, long offset, long count, uint flags);
#pragma warning restore SYSLIB1054
}
