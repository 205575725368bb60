using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Rxelon.Node.Executors.Plain;

namespace Rxelon.Node.Executors.Vm;

/// <summary>
/// Folders of running machines, <c>vm/N</c>, each with a user of its own when the node is root, and the records beside them,
/// <c>vm/N.json</c>, which those users cannot reach. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class VmFolders(string directory)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The kernel's limit for a socket's path, with its end.</summary>
    private const int LongestPath = 107;

    private const string Record = ".json";
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly SortedSet<int> _used = [];

    /// <summary>False when sockets there would have a path that the kernel does not take.</summary>
    internal bool IsShort => Encoding.UTF8.GetByteCount(Path.Combine(directory, "1000000", "stderr")) <= LongestPath;

    /// <summary>A new folder. The user is null when the node is not root.</summary>
    internal (int Number, string Folder, string Record, uint? User) Rent()
    {
        int number;
        lock (_lock)
        {
            number = Enumerable.Range(1, _used.Count + 1).First(n => !_used.Contains(n));
            _used.Add(number);
        }

        Directory.CreateDirectory(directory, Private);
        var folder = Path.Combine(directory, number.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder, Private);
        uint? user = Posix.IsRoot ? QemuStart.FirstUser + (uint)number : null;
        if (user is { } id)
            Posix.GiveTo(folder, id);
        return (number, folder, folder + Record, user);
    }

    internal void Return(int number)
    {
        lock (_lock)
            _used.Remove(number);
    }

    /// <summary>Kills the machines of an earlier process and removes what they left; gives how many still ran.</summary>
    internal async Task<int> DestroyAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(directory))
            return 0;
        var killed = 0;
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Record))
        {
            if (VmRecord.Read(path) is { } record && record.IsAlive())
            {
                using var process = Process.GetProcessById(record.Pid);
                process.Kill();
                await Task.WhenAny(process.WaitForExitAsync(cancel), Task.Delay(KillPatience, cancel)).ConfigureAwait(false);
                killed++;
            }
        }

        Directory.Delete(directory, recursive: true);
        return killed;
    }
}
