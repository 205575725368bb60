using System.Formats.Tar;
using System.Text;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Exo;

/// <summary>A part's input (<see cref="PartArchive"/>) as texts in memory: standard input first, then files in the order of the archive.</summary>
internal sealed record PromptArchive(string? Stdin, IReadOnlyList<string> Files, long Bytes)
{
    private const long MostBytes = 32L << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads the stream to its end. Faults (malformed, too-large) count entries and never quote them. What the stream throws goes
    /// through.
    /// </summary>
    internal static async Task<Outcome<PromptArchive>> ReadAsync(Stream input, long limit, CancellationToken cancel)
    {
        var most = Math.Min(limit, MostBytes);
        var archive = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await input.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0;)
        {
            if (archive.Length + read > most)
                return new Fault(FaultCodes.TooLarge, $"The part's input is larger than the {most} bytes that a model part may have.", Culprit.Input);
            archive.Write(buffer, 0, read);
        }

        archive.Position = 0;
        string? stdin = null;
        List<string> files = [];
        var number = 0;
        try
        {
            using var tar = new TarReader(archive, leaveOpen: true);
            while (archive.Length > 0 && tar.GetNextEntry() is { } entry)
            {
                number++;
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes or TarEntryType.Directory)
                    continue;
                var isStdin = entry.Name == PartArchive.Stdin;
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    || !(isStdin || entry.Name.StartsWith(PartArchive.InPrefix, StringComparison.Ordinal)))
                    return Malformed($"entry {number} is not a plain file named stdin or in/…");
                using var data = new MemoryStream();
                entry.DataStream?.CopyTo(data);
                var text = Strict.GetString(data.GetBuffer(), 0, (int)data.Length);
                if (isStdin)
                    stdin = text;
                else
                    files.Add(text);
            }
        }
        catch (DecoderFallbackException)
        {
            return Malformed($"entry {number} is not UTF-8 text");
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            return Malformed($"its tar stream cannot be read at entry {number}");
        }

        return new PromptArchive(stdin, files, archive.Length);
    }

    private static Fault Malformed(string what) => new(FaultCodes.Malformed, $"The part's input is not valid: {what}.", Culprit.Input);
}
