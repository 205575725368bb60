using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Plain;

/// <summary>
/// The only place where plaintext may be a file: a tmpfs of this node process alone (mode 0700), which never reaches a disk while
/// swap is off. As root it is mounted under the state directory and every cell's result directory is a tmpfs of its own, so that
/// the kernel enforces the output limit. Otherwise it is a directory in <c>/dev/shm</c>, and whoever runs a program must watch
/// the size. What a killed process left is removed when the next one opens the same space. Safe for concurrent use.
/// </summary>
internal sealed class PlainSpace : IDisposable
{
    private const string Files = "nr_inodes=1048576";
    private readonly ConcurrentBag<PlainCell> _idle = [];
    private readonly bool _mounted;
    private int _cells;
    private bool _disposed;

    private PlainSpace(string path, bool mounted)
    {
        Path = path;
        _mounted = mounted;
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>True when result directories have a size of their own.</summary>
    internal bool IsSized => _mounted;

    /// <summary>
    /// Opens the space of the node with this state directory; <paramref name="bytes"/> bounds all its files together. Refuses
    /// when swap is on, unless told otherwise, and on systems without tmpfs. The caller holds the state directory's lock.
    /// </summary>
    internal static Outcome<PlainSpace> Open(string stateDirectory, long bytes, bool allowSwap)
    {
        if (!OperatingSystem.IsLinux())
            return Missing("Sandboxes keep plaintext in a tmpfs, which only Linux has.");
        if (!allowSwap && RefuseSwap() is { } swap)
            return swap;
        var state = System.IO.Path.GetFullPath(stateDirectory);
        return Posix.IsRoot ? OpenMounted(System.IO.Path.Combine(state, "run"), bytes) : OpenShared(state);
    }

    /// <summary>The fault when swap is on; null when nothing in memory can reach a disk.</summary>
    [SupportedOSPlatform("linux")]
    internal static Fault? RefuseSwap()
        => MountTable.Swaps() is { Count: > 0 } swaps
            ? Missing(
                $"Swap is on ({string.Join(", ", swaps)}): users' plaintext could reach a disk. "
                + "Turn it off (swapoff -a) or accept it with --allow-swap.")
            : null;

    /// <summary>A cell for one attempt, whose result directory takes <paramref name="outputBytes"/> when <see cref="IsSized"/>.</summary>
    internal PlainCell Rent(long outputBytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_idle.TryTake(out var cell))
            cell = PlainCell.Create(System.IO.Path.Combine(Path, $"c{Interlocked.Increment(ref _cells)}"), _mounted);
        cell.SetSize(outputBytes);
        return cell;
    }

    /// <summary>Empties the cell and keeps it for the next attempt.</summary>
    internal void Return(PlainCell cell)
    {
        cell.Empty();
        if (_disposed)
            cell.Remove();
        else
            _idle.Add(cell);
    }

    /// <summary>Removes everything.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Clear(Path);
    }

    private static Outcome<PlainSpace> OpenMounted(string path, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        Clear(path);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            Posix.MountTmpfs(path, $"size={bytes},mode=0700,{Files}");
        }
        catch (IOException e)
        {
            return Missing($"{e.Message} A container needs the right to mount (CAP_SYS_ADMIN) for this.");
        }

        return new PlainSpace(path, mounted: true);
    }

    /// <summary>As for a user without root's rights.</summary>
    internal static Outcome<PlainSpace> OpenShared(string state)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException();
        if (MountTable.TypeAt("/dev/shm") != "tmpfs")
            return Missing("/dev/shm is not a tmpfs, and only root can mount one.");
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..16];
        var path = $"/dev/shm/rxelon-{Posix.UserId}-{name}";
        Clear(path);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // Fails when somebody else made a directory of that name first.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new PlainSpace(path, mounted: false);
    }

    private static void Clear(string path)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(path))
            return;
        foreach (var mount in MountTable.Under(path))
            Posix.Unmount(mount);
        Directory.Delete(path, recursive: true);
    }

    private static Fault Missing(string why) => new(FaultCodes.ExecutorMissing, why, Culprit.Node);
}
