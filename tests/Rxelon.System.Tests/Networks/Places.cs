namespace Rxelon.System.Tests.Networks;

/// <summary>Searches files byte by byte, whatever their format.</summary>
internal static class Places
{
    private const int BufferSize = 1 << 20;

    /// <summary>
    /// Files below a directory that contain the marker. Memory file systems mounted below it are left out: that is where sandboxes
    /// keep plaintext while they run. Files that vanish meanwhile are skipped.
    /// </summary>
    internal static IReadOnlyList<string> Containing(string directory, byte[] marker)
    {
        var skipped = MemoryMounts();
        var found = new List<string>();
        var pending = new Stack<string>([directory]);
        while (pending.TryPop(out var folder))
        {
            if (skipped.Contains(folder))
                continue;
            foreach (var entry in Entries(folder))
            {
                if (entry.LinkTarget is not null)
                    continue;
                if (entry is DirectoryInfo)
                    pending.Push(entry.FullName);
                else if (entry.Name.AsSpan().Contains(global::System.Text.Encoding.ASCII.GetString(marker), StringComparison.Ordinal) || Contains(entry.FullName, marker))
                    found.Add(entry.FullName);
            }
        }

        return found;
    }

    private static HashSet<string> MemoryMounts()
        => [.. File.ReadAllLines("/proc/mounts").Select(l => l.Split(' ')).Where(f => f[2] is "tmpfs" or "proc").Select(f => f[1])];

    private static FileSystemInfo[] Entries(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static bool Contains(string path, byte[] marker)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new byte[BufferSize + marker.Length];
            for (int kept = 0, read; (read = file.Read(buffer, kept, BufferSize)) > 0;)
            {
                var all = buffer.AsSpan(0, kept + read);
                if (all.IndexOf(marker) >= 0)
                    return true;
                kept = Math.Min(marker.Length - 1, all.Length);
                all[^kept..].ToArray().CopyTo(buffer, 0);
            }

            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || (e is IOException && (File.GetAttributes(path) & FileAttributes.Normal) == 0))
        {
            return false; // a socket or a pipe, or gone
        }
    }
}
