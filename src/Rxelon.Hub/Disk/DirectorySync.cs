using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Rxelon.Hub.Disk;

/// <summary>Makes renames in a directory durable. .NET opens no directories, so this asks the C library; Windows needs nothing.</summary>
internal static class DirectorySync
{
    private const int ReadOnly = 0;

    internal static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(directory, ReadOnly);
        if (handle < 0)
            throw new IOException($"{directory} cannot be opened.", new Win32Exception(Marshal.GetLastPInvokeError()));
        var failed = Sync(handle) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(handle);
        if (failed)
            throw new IOException($"{directory} cannot be synced.", new Win32Exception(error));
    }

#pragma warning disable SYSLIB1054, CA2101 // source-generated imports need unsafe code; the path is UTF-8 as on every Unix
    [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int handle);
#pragma warning restore SYSLIB1054, CA2101
}
