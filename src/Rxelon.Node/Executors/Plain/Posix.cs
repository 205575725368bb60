using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Rxelon.Node.Executors.Plain;

/// <summary>The few Linux calls that .NET has no name for. Numbers are those of the kernel's user API, the same on every processor.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Posix
{
    private const ulong NoSuid = 2;
    private const ulong NoDevices = 4;
    private const ulong Remount = 32;
    private const int Detach = 2;
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint TypeAndSize = 0x201;
    private const int NewNetwork = 0x40000000;
    private const int FileTypeMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int DirectoryType = 0x4000;
    private const int ThreadCpuClock = 3;

    internal static bool IsRoot => geteuid() == 0;

    internal static uint UserId => geteuid();

    /// <summary>Mounts an empty tmpfs that no set-uid program or device node works on.</summary>
    internal static void MountTmpfs(string path, string options)
        => Check(mount("rxelon", path, "tmpfs", NoSuid | NoDevices, options), $"mount a tmpfs on {path}");

    /// <summary>Changes the options (size) of a mounted tmpfs.</summary>
    internal static void RemountTmpfs(string path, string options)
        => Check(mount("rxelon", path, "tmpfs", NoSuid | NoDevices | Remount, options), $"resize the tmpfs on {path}");

    /// <summary>Takes the mount away now, even if something still uses it; its memory goes when the last user does.</summary>
    internal static void Unmount(string path) => Check(umount2(path, Detach), $"unmount {path}");

    /// <summary>Type and size of what is at the path itself: a symbolic link is not followed, a pipe is not opened.</summary>
    internal static unsafe (EntryType Type, long Size) Look(string path)
    {
        // struct statx (linux/stat.h): mode is 16 bits at 28, size is 64 bits at 40.
        var buffer = stackalloc byte[256];
        Check(statx(CurrentDirectory, path, NoFollow, TypeAndSize, buffer), $"look at {path}");
        var type = (*(ushort*)(buffer + 28) & FileTypeMask) switch
        {
            RegularFile => EntryType.File,
            DirectoryType => EntryType.Directory,
            _ => EntryType.Other,
        };
        return (type, *(long*)(buffer + 40));
    }

    /// <summary>Makes a pipe that everybody may read.</summary>
    internal static void MakePipe(string path) => Check(mkfifo(path, 0b110_100_100), $"make the pipe {path}");

    /// <summary>The calling thread's sockets are from now on those of the network namespace that the file names.</summary>
    internal static void EnterNetwork(SafeHandle network)
        => Check(setns((int)network.DangerousGetHandle(), NewNetwork), "enter a network namespace");

    /// <summary>CPU time of the calling thread.</summary>
    internal static TimeSpan ThreadCpuTime()
    {
        Check(clock_gettime(ThreadCpuClock, out var time), "read the thread's CPU clock");
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    private static void Check(int result, string what)
    {
        if (result == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"Could not {what}: {new Win32Exception(error).Message} (errno {error}).");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int file, int type);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}

/// <summary>What a directory entry is.</summary>
internal enum EntryType
{
    File,
    Directory,
    Other,
}
