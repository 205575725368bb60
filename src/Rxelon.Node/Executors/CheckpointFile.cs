using System.Runtime.Versioning;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors;

/// <summary>The file that a program leaves to be continued elsewhere (docs/design/checkpoints.md).</summary>
internal static class CheckpointFile
{
    /// <summary>True when there is something of that name; while the program runs it may be gone a moment later.</summary>
    internal static bool IsIn(PlainCell cell) => File.Exists(PathIn(cell));

    /// <summary>
    /// Its content; null when there is none, or not a plain file (a link may lead out of the sandbox), or it is larger than
    /// <paramref name="limit"/>. Only when nothing writes to the cell any more.
    /// </summary>
    [SupportedOSPlatform("linux")]
    internal static Stream? Open(PlainCell cell, long limit)
    {
        if (!IsIn(cell) || Posix.Look(PathIn(cell)).Type != EntryType.File)
            return null;
        var file = new FileStream(PathIn(cell), FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length <= limit)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>True for the checkpoint and the names under which programs write it: they are in no result.</summary>
    internal static bool IsOne(string nameInOut)
        => nameInOut == PartArchive.Checkpoint || nameInOut.StartsWith(PartArchive.Checkpoint + ".", StringComparison.Ordinal);

    private static string PathIn(PlainCell cell) => Path.Combine(cell.Out, PartArchive.Checkpoint);
}
