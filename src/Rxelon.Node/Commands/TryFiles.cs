using System.Formats.Tar;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Commands;

/// <summary>Local files into a part's archive and out of it, for <c>try</c>.</summary>
internal static class TryFiles
{
    /// <summary>An input archive in memory, ready to be read.</summary>
    internal static async Task<Stream> PackAsync(string? stdin, IReadOnlyList<string> inputs, CancellationToken cancel)
    {
        var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            if (stdin is not null)
                await tar.WriteEntryAsync(stdin, PartArchive.Stdin, cancel);
            foreach (var input in inputs)
            {
                var root = Path.GetFullPath(input);
                if (!Directory.Exists(root))
                {
                    await tar.WriteEntryAsync(root, PartArchive.InPrefix + Path.GetFileName(root), cancel);
                    continue;
                }

                foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
                    await tar.WriteEntryAsync(file, PartArchive.InPrefix + Path.GetRelativePath(root, file), cancel);
            }
        }

        archive.Position = 0;
        return archive;
    }

    /// <summary>stdout to the console, files to the directory; without one they are only named. stderr was shown already.</summary>
    internal static async Task UnpackAsync(Stream result, string? directory, CancellationToken cancel)
    {
        await using var tar = new TarReader(result);
        while (await tar.GetNextEntryAsync(cancellationToken: cancel) is { } entry)
        {
            var data = entry.DataStream ?? Stream.Null;
            if (entry.Name == PartArchive.Stdout)
            {
                await using var console = Console.OpenStandardOutput();
                await data.CopyToAsync(console, cancel);
            }
            else if (entry.Name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal))
            {
                var name = entry.Name[PartArchive.OutPrefix.Length..];
                await Console.Error.WriteLineAsync($"/out/{name}: {entry.Length} bytes{(directory is null ? " (not kept: give --out)" : "")}");
                if (directory is not null)
                    await WriteAsync(Path.Combine(directory, name), data, cancel);
            }
        }
    }

    private static async Task WriteAsync(string path, Stream data, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = File.Create(path);
        await data.CopyToAsync(file, cancel);
    }
}
