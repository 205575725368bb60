using System.Runtime.InteropServices;

namespace Rxelon.Node.Executors.Plain;

internal static partial class Posix
{
    /// <summary>Gives a file or directory to a user and the group of the same number.</summary>
    internal static void GiveTo(string path, uint user) => Check(chown(path, user, user), $"give {path} to user {user}");

    /// <summary>The number of the group that a file belongs to; null when there is no such file.</summary>
    internal static unsafe uint? GroupOf(string path)
    {
        // struct statx (linux/stat.h): gid is 32 bits at 24; mask 0x10 asks for it.
        var buffer = stackalloc byte[256];
        return statx(CurrentDirectory, path, 0, 0x10, buffer) == 0 ? *(uint*)(buffer + 24) : null;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);
}
