using System.Buffers;
using System.Formats.Tar;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Archives;

/// <summary>Unpacks a part's input (<see cref="PartArchive"/>) into a cell; refuses every name and type that is not in the format.</summary>
internal static class InputUnpacker
{
    private const int MostEntries = 65_536;
    private const int CopySize = 256 * 1024;

    // .NET keeps Linux's errno as the HResult of its IOException.
    private const int Exists = 17;
    private const int NotDirectory = 20;
    private const int NoSpace = 28;

    /// <summary>
    /// Reads the stream to its end. The fault says which entry (counted from 1) is wrong, never its name, because faults are not
    /// encrypted. What the stream itself throws goes through.
    /// </summary>
    internal static Outcome<long> Unpack(Stream input, PlainCell cell, long limit)
    {
        var counted = new CountedStream(input);
        using var reader = new TarReader(counted, leaveOpen: true);
        long bytes = 0;
        for (var number = 1; ; number++)
        {
            TarEntry? entry;
            try
            {
                entry = reader.GetNextEntry();
            }
            catch (EndOfStreamException) when (counted.Count == 0)
            {
                // An archive without entries: .NET's own writer leaves out even the end mark.
                entry = null;
            }
            catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
            {
                return Malformed($"its tar stream cannot be read at entry {number}");
            }

            if (entry is null)
                break;
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
                continue;
            if (number > MostEntries)
                return Malformed($"it has more than {MostEntries} entries");
            if (Target(entry, cell) is not { } target)
                return Malformed($"entry {number} is not a plain file or directory named stdin or in/…");
            bytes += entry.Length;
            if (bytes > limit)
                return new Fault(FaultCodes.TooLarge, $"The part's input is larger than its disk resource of {limit} bytes.", Culprit.Input);
            if (Write(entry, target) is { } fault)
                return fault;
        }

        // The end of an encrypted stream is only authenticated by reading it.
        var rest = ArrayPool<byte>.Shared.Rent(CopySize);
        while (counted.Read(rest) > 0)
        {
        }

        ArrayPool<byte>.Shared.Return(rest);
        return counted.Count;
    }

    private static string? Target(TarEntry entry, PlainCell cell)
    {
        var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
        if (isFile && entry.Name == PartArchive.Stdin)
            return cell.Stdin;
        if ((!isFile && entry.EntryType != TarEntryType.Directory) || !entry.Name.StartsWith(PartArchive.InPrefix, StringComparison.Ordinal))
            return null;
        var name = entry.Name[PartArchive.InPrefix.Length..].TrimEnd('/');
        if (name.Length == 0)
            return isFile ? null : cell.In;
        return name.Contains('\0', StringComparison.Ordinal) || name.Split('/').Any(p => p is "" or "." or "..") ? null : Path.Combine(cell.In, name);
    }

    private static Fault? Write(TarEntry entry, string target)
    {
        try
        {
            if (entry.EntryType == TarEntryType.Directory)
            {
                Directory.CreateDirectory(target);
                return null;
            }

            if (target.LastIndexOf('/') is var slash && !Directory.Exists(target[..slash]))
                Directory.CreateDirectory(target[..slash]);
            using var file = new FileStream(target, Options(entry));
            entry.DataStream?.CopyTo(file, CopySize);
            return null;
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            return new Fault(FaultCodes.NodeBusy, "The node's memory for plaintext files is full.", Culprit.Node, Retryable: true);
        }
        catch (Exception e) when (e is PathTooLongException or UnauthorizedAccessException || e.HResult is Exists or NotDirectory)
        {
            return Malformed("a name in it occurs twice, is both file and directory, or is too long");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            return Malformed("its tar stream is cut short");
        }
    }

    private static FileStreamOptions Options(TarEntry entry)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead
                | (entry.Mode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
        }

        return options;
    }

    private static Fault Malformed(string what) => new(FaultCodes.Malformed, $"The part's input is not valid: {what}.", Culprit.Input);
}
