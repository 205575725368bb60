namespace Rxelon.Link.Certificates;

/// <summary>Files that only their owner may read (mode 0600).</summary>
public static class PrivateFile
{
    /// <summary>
    /// Replaces the file atomically: a sibling is created with its final mode before anything is in it, written, synced
    /// (unless the caller can do without) and renamed.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<byte> content, bool sync = true)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(fresh, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: sync);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
