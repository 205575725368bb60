using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Rxelon.Client.Ledger;

/// <summary>Files that are whole or absent, also after a crash or a power cut.</summary>
internal static class DurableFile
{
    private const string Unfinished = ".new";
    private const int ReadOnly = 0;

    /// <summary>
    /// Replaces a file in one step: a sibling is written and synced, then renamed. <paramref name="syncDirectory"/> makes the rename
    /// itself outlive a power cut. Missing directories are made.
    /// </summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, bool syncDirectory = true, bool ownerOnly = false)
    {
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        var temporary = path + Unfinished;
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (ownerOnly && !OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        if (syncDirectory)
            SyncDirectory(directory);
    }

    /// <summary>The file's bytes; null when there is none, or it is longer than <paramref name="limit"/>.</summary>
    internal static byte[]? Read(string path, long limit)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length <= limit ? File.ReadAllBytes(path) : null;
    }

    // .NET opens no directories, so this asks the C library; Windows needs nothing.
    private static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(path, ReadOnly);
        if (handle < 0)
            throw new IOException($"{path} cannot be opened.", new Win32Exception(Marshal.GetLastPInvokeError()));
        var failed = Sync(handle) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(handle);
        if (failed)
            throw new IOException($"{path} cannot be synced.", new Win32Exception(error));
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
