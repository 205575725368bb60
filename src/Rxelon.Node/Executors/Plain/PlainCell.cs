using System.Globalization;
using System.Runtime.Versioning;

namespace Rxelon.Node.Executors.Plain;

/// <summary>
/// The files of one attempt: <see cref="In"/> with the input, <see cref="Out"/> for the result, <see cref="Stdin"/> and
/// <see cref="Start"/>. Reused by one attempt after another; never by two at once.
/// </summary>
internal sealed class PlainCell
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _path;
    private readonly bool _mounted;
    private long _size = -1;

    private PlainCell(string path, bool mounted)
    {
        _path = path;
        _mounted = mounted;
        In = Path.Combine(path, "in");
        Out = Path.Combine(path, "out");
        Boot = Path.Combine(path, "boot");
        Stdin = Path.Combine(Boot, "stdin");
        Start = Path.Combine(Boot, "start");
        Gate = Path.Combine(Boot, "gate");
    }

    /// <summary>Holds the input's files; read-only for the program.</summary>
    internal string In { get; }

    /// <summary>Takes the program's files.</summary>
    internal string Out { get; }

    /// <summary>Holds <see cref="Stdin"/> and <see cref="Start"/>.</summary>
    internal string Boot { get; }

    /// <summary>The program's standard input; need not exist.</summary>
    internal string Stdin { get; }

    /// <summary>What a container starts with; need not exist.</summary>
    internal string Start { get; }

    /// <summary>A pipe that a container's start waits at; need not exist.</summary>
    internal string Gate { get; }

    /// <summary>True when the kernel bounds <see cref="Out"/>.</summary>
    internal bool IsSized => _mounted;

    /// <summary>Makes the directories; the result directory waits for <see cref="SetSize"/>.</summary>
    internal static PlainCell Create(string path, bool mounted)
    {
        var cell = new PlainCell(path, mounted);
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        Directory.CreateDirectory(path, Readable);
        Directory.CreateDirectory(cell.In, Readable);
        Directory.CreateDirectory(cell.Boot, Readable);
        Directory.CreateDirectory(cell.Out, Readable);
        return cell;
    }

    /// <summary>Bounds the result directory, when it can be.</summary>
    internal void SetSize(long bytes)
    {
        if (!_mounted || bytes == _size)
            return;
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();

        // A tmpfs of size 0 is unlimited. The room is whole pages: the exact limit is checked when the result is packed.
        var options = string.Create(CultureInfo.InvariantCulture, $"size={Math.Max(bytes, 1)},mode=0777,nr_inodes=65536");
        if (_size < 0)
            Posix.MountTmpfs(Out, options);
        else
            Posix.RemountTmpfs(Out, options);
        _size = bytes;
    }

    /// <summary>True when a program has used up the room for its result.</summary>
    internal bool IsFull => _mounted && new DriveInfo(Out).AvailableFreeSpace < Environment.SystemPageSize;

    /// <summary>
    /// Everything below <see cref="Out"/> in an order that depends on the names only. Links are not followed: a program may leave one that
    /// points out of its sandbox.
    /// </summary>
    [SupportedOSPlatform("linux")]
    internal IEnumerable<(string Path, EntryType Type, long Size)> Outputs()
    {
        var pending = new Stack<string>([Out]);
        while (pending.TryPop(out var directory))
        {
            foreach (var path in Directory.GetFileSystemEntries(directory).Order(StringComparer.Ordinal))
            {
                var (type, size) = Posix.Look(path);
                if (type == EntryType.Directory)
                    pending.Push(path);
                else
                    yield return (path, type, size);
            }
        }
    }

    /// <summary>Removes all files.</summary>
    internal void Empty()
    {
        EmptyDirectory(Boot);
        EmptyDirectory(In);
        EmptyDirectory(Out);
    }

    /// <summary>Removes the cell itself.</summary>
    internal void Remove()
    {
        if (OperatingSystem.IsLinux() && _size >= 0)
            Posix.Unmount(Out);
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
    }

    private static void EmptyDirectory(string path)
    {
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo directory && entry.LinkTarget is null)
                directory.Delete(recursive: true);
            else
                entry.Delete();
        }
    }
}
