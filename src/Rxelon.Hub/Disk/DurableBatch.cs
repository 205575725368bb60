using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rxelon.Hub.Disk;

/// <summary>
/// Many whole files that become durable together. Each is written beside its place; <see cref="Commit"/> syncs all of them, then gives
/// them their names, then syncs the names: a name never stands for content that is not on disk. What was not committed leaves
/// <c>*.unfinished</c> behind. Not thread-safe.
/// </summary>
internal sealed class DurableBatch : IDisposable
{
    /// <summary>From here on Linux is asked once for the whole file system: one commit of its journal in place of one a file.</summary>
    private const int Many = 8;

    private readonly HashSet<string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);

    // Opened before anything is written: an error of a later write to this file system is reported through it.
    private SafeFileHandle? _witness;

    /// <summary>Writes a file beside its place; the directory is made if need be. What was there before stays until the commit.</summary>
    internal void Write(string path, ReadOnlySpan<byte> content)
    {
        var directory = Path.GetDirectoryName(path)!;
        for (var missing = directory; !Directory.Exists(missing); missing = Path.GetDirectoryName(missing)!)
            _directories.Add(Path.GetDirectoryName(missing)!);
        Directory.CreateDirectory(directory);
        var file = File.OpenHandle(path + DurableFile.Unfinished, FileMode.Create, FileAccess.Write, FileShare.Read);
        if (_witness is null && OperatingSystem.IsLinux())
        {
            _witness = file;
            RandomAccess.Write(file, content, 0);
        }
        else
        {
            using (file)
                RandomAccess.Write(file, content, 0);
        }

        _files.Add(path);
        _directories.Add(directory);
    }

    /// <summary>Makes everything that was written durable and visible.</summary>
    internal void Commit()
    {
        Sync(_files, path =>
        {
            using var file = File.OpenHandle(path + DurableFile.Unfinished, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(file);
        });
        foreach (var path in _files)
            File.Move(path + DurableFile.Unfinished, path, overwrite: true);
        Sync(_directories, DirectorySync.Flush);
        Dispose();
        _files.Clear();
        _directories.Clear();
    }

    public void Dispose()
    {
        _witness?.Dispose();
        _witness = null;
    }

    private void Sync(HashSet<string> paths, Action<string> one)
    {
        if (_witness is null || paths.Count < Many)
        {
            foreach (var path in paths)
                one(path);
        }
        else if (SyncFileSystem(_witness) != 0)
        {
            throw new IOException("The file system of the ledger cannot be synced.", new Win32Exception(Marshal.GetLastPInvokeError()));
        }
    }

#pragma warning disable SYSLIB1054 // source-generated imports need unsafe code
    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static extern int SyncFileSystem(SafeFileHandle anyFile);
#pragma warning restore SYSLIB1054
}
