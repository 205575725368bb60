using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Vm;

/// <summary>How a program ended, in the guest's words.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="OutOfMemory">The guest's kernel killed something of it for memory.</param>
/// <param name="IsFull">No room was left in <c>/out</c>.</param>
internal sealed record GuestExit(int Code, bool OutOfMemory, bool IsFull);

/// <summary>Reads a guest's result port (docs/design/vm.md, protocol 1). Nothing that comes from there is believed.</summary>
internal sealed class GuestResult(Stream port, Action<string> told)
{
    internal const string Ready = "ready";
    internal const string Started = "started";

    private const int LongestLine = 64;
    private const int MostEntries = 65_536;
    private const int CopySize = 64 * 1024;

    // .NET keeps Linux's errno as the HResult of its IOException.
    private const int NoSpace = 28;

    /// <summary>Reads lines until the program has ended; tells each on the way. Null when the port was closed before.</summary>
    internal Outcome<GuestExit?> ReadExit()
    {
        while (ReadLine() is { } line)
        {
            told(line);
            switch (line.Split(' '))
            {
                case [Ready] or [Started]:
                    break;
                case ["exit", var code, var killed, var full] when Number(code) is { } exit && Number(killed) is { } kills && Number(full) is { } isFull:
                    return new GuestExit(exit, kills > 0, isFull > 0);
                case ["failed", "input"]:
                    return GuestJob.NotUnpacked;
                case ["failed", var what] when what.All(char.IsAsciiLetter):
                    return Broken($"could not set up: {what}");
                default:
                    return Broken("does not speak protocol 1");
            }
        }

        return default(GuestExit);
    }

    /// <summary>Unpacks the files that the program left into the cell; an output-limit fault when they are more than <paramref name="limit"/>.</summary>
    internal Outcome<long> Collect(PlainCell cell, long limit)
    {
        using var reader = new TarReader(port, leaveOpen: true);
        long bytes = 0;
        try
        {
            for (var number = 1; reader.GetNextEntry() is { } entry; number++)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.HardLink;
                if (!isFile)
                    continue;
                if (!GuestJob.IsPath(name))
                    return Broken("names a file outside of its output");
                if (number > MostEntries || entry.Length > limit - bytes)
                    return LimitFaults.Output(limit);
                bytes += entry.Length;
                if (Write(entry, Path.Combine(cell.Out, name), cell) is { } fault)
                    return fault;
                told("");
            }
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            return LimitFaults.Output(limit);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException or PathTooLongException)
        {
            return Broken("sent files that cannot be read");
        }

        return bytes;
    }

    private static Fault? Write(TarEntry entry, string target, PlainCell cell)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (entry.EntryType == TarEntryType.HardLink)
        {
            var link = entry.LinkName.StartsWith("./", StringComparison.Ordinal) ? entry.LinkName[2..] : entry.LinkName;
            if (!GuestJob.IsPath(link) || !File.Exists(Path.Combine(cell.Out, link)))
                return Broken("sent a link to nothing");
            File.Copy(Path.Combine(cell.Out, link), target, overwrite: false);
            return null;
        }

        using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        entry.DataStream?.CopyTo(file, CopySize);
        return null;
    }

    private string? ReadLine()
    {
        var line = new StringBuilder();
        int next;
        while ((next = port.ReadByte()) >= 0 && line.Length <= LongestLine)
        {
            if (next == '\n')
                return line.ToString();
            line.Append((char)next);
        }

        return line.Length > LongestLine ? "" : null;
    }

    private static int? Number(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Fault Broken(string what)
        => new(FaultCodes.ExecutorFailed, $"The guest {what}; its image may not fit this node.", Culprit.Node, Retryable: true);
}
