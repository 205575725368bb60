using System.Formats.Tar;
using System.Runtime.Versioning;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Archives;

/// <summary>
/// Packs what a program left into a result (<see cref="PartArchive"/>). Times, owners and the order are fixed, so that equal
/// results are equal bytes. Directories without files, checkpoints and everything that is neither file nor directory are left out.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class ResultPacker
{
    /// <summary>What the tar format itself takes for one file.</summary>
    private const int EntryCost = 2048;

    /// <summary>Archive bytes beyond the output limit that the hub lets pass (ReportCheck there has the same rule).</summary>
    private const long FreeOverhead = 1 << 20;

    /// <summary>
    /// Writes the result; gives its bytes without the tar's own. More than <paramref name="limit"/> is an output-limit fault, and
    /// so is a number of files whose tar headers alone would be too much.
    /// </summary>
    internal static Outcome<long> Pack(Stream output, ChunkedBuffer stdout, TailBuffer stderr, PlainCell cell, long limit)
    {
        var files = cell.Outputs()
            .Where(o => o.Type == EntryType.File && !CheckpointFile.IsOne(Path.GetRelativePath(cell.Out, o.Path))).ToList();
        var bytes = stdout.Length;
        foreach (var file in files)
        {
            // A sparse file's size may be near the largest number there is: adding first could overflow.
            if (file.Size > limit - bytes)
                return LimitFaults.Output(limit);
            bytes += file.Size;
        }

        if (stdout.Exceeded || (long)files.Count * EntryCost > FreeOverhead + (limit / 8) + (limit - bytes))
            return LimitFaults.Output(limit);
        using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        Write(tar, PartArchive.Stdout, stdout.OpenRead());
        var tail = stderr.ToArray();
        Write(tar, PartArchive.Stderr, new MemoryStream(tail));
        foreach (var (path, _, _) in files)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Write(tar, PartArchive.OutPrefix + Path.GetRelativePath(cell.Out, path), file);
        }

        return bytes;
    }

    private static void Write(TarWriter tar, string name, Stream data)
        => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = data });
}
