using System.Globalization;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// <c>rxelon-hub ledger fsck</c>: checks a log's public files alone, the hub's or a mirror's: every bundle, tile and payload against the checkpoint,
/// without journal and without keys.
/// </summary>
internal static class LedgerFsck
{
    /// <summary>What differs, and how many entries the checkpoint has. A folder without a readable checkpoint is an <see cref="InvalidDataException"/>.</summary>
    internal static (List<string> Findings, ulong Entries) Run(string directory, CancellationToken cancel)
    {
        var file = Path.Combine(directory, "checkpoint");
        if (!File.Exists(file))
            throw new InvalidDataException($"There is no checkpoint in {directory}: nothing was published yet, or this is no log's folder.");
        var note = SignedNote.Parse(File.ReadAllBytes(file));
        if (note.Fault is { } noNote)
            throw new InvalidDataException($"{file}: {noNote.Message}");
        var checkpoint = Checkpoint.Parse(note.Value.Text);
        if (checkpoint.Fault is { } noCheckpoint)
            throw new InvalidDataException($"{file}: {noCheckpoint.Message}");
        var size = checkpoint.Value.Size;
        var check = new LogCheck(tile => Read(directory, tile, t => t.Path), size);
        foreach (var tile in Tile.Of(size).Where(t => t.Level == 0))
        {
            cancel.ThrowIfCancellationRequested();
            if (!Bundle(directory, tile, check))
                return (check.Findings, size);
        }

        check.Check(note.Value, "the checkpoint");
        foreach (var left in Directory.EnumerateFiles(directory, "*" + DurableFile.Unfinished, SearchOption.AllDirectories))
            check.Findings.Add($"{left}: left over from an interrupted write; harmless, the hub removes it at its next start");
        return (check.Findings, size);
    }

    // False when the entries cannot be read: nothing above them can be checked then.
    private static bool Bundle(string directory, Tile tile, LogCheck check)
    {
        if (Read(directory, tile, t => t.EntriesPath) is not { } bytes || Parts(bytes, tile.Width, EntryBundle.Read) is not { } leaves)
        {
            check.Findings.Add($"{tile.EntriesPath}: the file is missing or is no bundle of {tile.Width} entries");
            return false;
        }

        var replicas = Read(directory, tile, t => t.PayloadPath) is { } payload ? Parts(payload, tile.Width, PayloadBundle.Read) : null;
        if (replicas is null)
            check.Findings.Add($"{tile.PayloadPath}: the file is missing or is no bundle of {tile.Width} payloads");
        for (var i = 0; i < tile.Width; i++)
        {
            var index = check.Size;
            var cipher = check.Take(leaves[i]) is EventLeaf e ? e.CipherHash : default;
            if (replicas is not null && (cipher == default ? replicas[i].Length > 0 : MerkleHash.Sha256(replicas[i]) != cipher))
                check.Findings.Add(string.Create(CultureInfo.InvariantCulture, $"{tile.PayloadPath}: the payload of entry {index} is not the one that was committed to"));
        }

        return true;
    }

    private delegate Shared.Values.Outcome<IReadOnlyList<byte[]>> Reader(ReadOnlySpan<byte> bytes, int count);

    // A full file stands for a partial one that it has replaced.
    private static IReadOnlyList<byte[]>? Parts(byte[] bytes, int width, Reader read)
        => read(bytes, width) is { IsOk: true, Value: var exact } ? exact : read(bytes, Tile.FullWidth) is { IsOk: true, Value: var full } ? full : null;

    private static byte[]? Read(string directory, Tile tile, Func<Tile, string> name)
    {
        foreach (var candidate in (Tile[])[tile, tile with { Width = Tile.FullWidth }])
        {
            var path = Path.Combine(directory, name(candidate));
            if (File.Exists(path))
                return candidate == tile || !path.Contains($"/tile/{tile.Level}/", StringComparison.Ordinal) ? File.ReadAllBytes(path) : File.ReadAllBytes(path)[..(tile.Width * MerkleHash.Size)];
        }

        return null;
    }
}
