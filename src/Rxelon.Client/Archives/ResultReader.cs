using System.Formats.Tar;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Archives;

/// <summary>Receives the content of a result, entry by entry.</summary>
internal interface IResultSink
{
    Task StdoutAsync(Stream content, CancellationToken ct);

    Task StderrAsync(Stream content, CancellationToken ct);

    /// <summary>A file the program wrote; the name is relative, with '/', and checked.</summary>
    Task FileAsync(string name, Stream content, CancellationToken ct);
}

/// <summary>
/// Reads the plaintext of a result. Nodes are strangers: only plain files under the names of <see cref="PartArchive"/> are
/// taken; links, devices and names that could leave the output folder make the whole result unsafe-archive.
/// </summary>
internal static class ResultReader
{
    private const int MaxName = 4096;

    internal static async Task<Fault?> ReadAsync(Stream archive, IResultSink sink, CancellationToken ct)
    {
        try
        {
            var tar = new TarReader(archive, leaveOpen: true);
            await using var closing = tar.ConfigureAwait(false);
            while (await tar.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry)
            {
                if (await TakeAsync(entry, sink, ct).ConfigureAwait(false) is { } fault)
                    return fault;
            }

            // What stands behind the end marker belongs to the archive too, and must be authentic.
            await archive.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            return Unsafe($"it is not a tar archive: {e.Message}");
        }
    }

    /// <summary>Null when the name stays inside a folder on every system, else what is wrong with it.</summary>
    internal static string? Objection(string name)
    {
        if (name.Length is 0 or > MaxName)
            return "its length";
        if (name.AsSpan().IndexOfAny('\\', '\0', ':') >= 0 || name.Any(char.IsControl))
            return "a character that some systems read as a separator";
        foreach (var segment in name.Split('/'))
        {
            if (segment is "" or "." or "..")
                return "an empty, '.' or '..' step";
        }

        return null;
    }

    private static async Task<Fault?> TakeAsync(TarEntry entry, IResultSink sink, CancellationToken ct)
    {
        var content = entry.DataStream ?? Stream.Null;
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name == PartArchive.Stdout:
                await sink.StdoutAsync(content, ct).ConfigureAwait(false);
                return null;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name == PartArchive.Stderr:
                await sink.StderrAsync(content, ct).ConfigureAwait(false);
                return null;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal):
                var name = entry.Name[PartArchive.OutPrefix.Length..];
                if (Objection(name) is { } objection)
                    return Unsafe($"the file name '{Printable(entry.Name)}' has {objection}");
                await sink.FileAsync(name, content, ct).ConfigureAwait(false);
                return null;
            case TarEntryType.Directory when entry.Name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal):
                var folder = entry.Name[PartArchive.OutPrefix.Length..].TrimEnd('/');
                return folder.Length > 0 && Objection(folder) is { } reason
                    ? Unsafe($"the folder name '{Printable(entry.Name)}' has {reason}")
                    : null;
            case TarEntryType.GlobalExtendedAttributes:
                return null;
            default:
                return Unsafe($"'{Printable(entry.Name)}' is a {entry.EntryType} entry or has a name that results do not have");
        }
    }

    private static string Printable(string name) => new([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);

    private static Fault Unsafe(string why)
        => new(FaultCodes.UnsafeArchive, $"The result was not unpacked: {why}.", Culprit.Node);
}
