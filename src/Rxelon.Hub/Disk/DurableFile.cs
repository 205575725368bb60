namespace Rxelon.Hub.Disk;

/// <summary>Whole files that are there completely or not at all: written beside, synced, renamed.</summary>
internal static class DurableFile
{
    internal const string Unfinished = ".unfinished";

    /// <summary>
    /// Writes the file and syncs its content. The name is durable once <see cref="DirectorySync.Flush"/> was called for its directory.
    /// </summary>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + Unfinished;
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
