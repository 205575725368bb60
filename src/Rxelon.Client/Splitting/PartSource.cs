using Rxelon.Client.Archives;

namespace Rxelon.Client.Splitting;

/// <summary>The plaintext of one part.</summary>
/// <param name="WriteAsync">Writes its archive (tar) to a stream, once.</param>
/// <param name="Files">Where it comes from, when it can be written more than once.</param>
public sealed record PartSource(Func<Stream, CancellationToken, Task> WriteAsync, FilePart? Files = null)
{
    internal static PartSource Of(FilePart files) => new(files.WriteAsync, files);
}

/// <summary>
/// A part that is made of plain files: all of them, each under its name, or a slice of what they hold one behind the other, as standard
/// input. Writing it again gives the same bytes while the files are the same; a file of another length is an
/// <see cref="InputException"/> with input-changed.
/// </summary>
/// <param name="Files">The files; for a slice those that it touches.</param>
/// <param name="Slice">The slice's place in them; null for whole files.</param>
public sealed record FilePart(IReadOnlyList<InputFile> Files, FileSlice? Slice = null)
{
    /// <summary>Bytes of content, without the archive around them.</summary>
    internal long Bytes => Slice?.Size ?? Files.Sum(f => f.Length);

    /// <summary>All that the files hold, cut into slices of so many bytes; the last may be shorter.</summary>
    internal static IEnumerable<FilePart> Cut(IReadOnlyList<InputFile> files, long size)
    {
        var left = files.Sum(f => f.Length);
        var first = 0;
        for (long from = 0; left > 0; left -= size)
        {
            for (; from >= files[first].Length; first++)
                from -= files[first].Length;
            var slice = new FileSlice(from, Math.Min(size, left));
            from += slice.Size;
            var count = 0;
            for (long held = 0; held < from; count++)
                held += files[first + count].Length;
            yield return new FilePart([.. files.Skip(first).Take(count)], slice);
        }
    }

    internal async Task WriteAsync(Stream into, CancellationToken ct)
    {
        var writer = new PartArchiveWriter(into);
        await using var closing = writer.ConfigureAwait(false);
        if (Slice is null)
        {
            foreach (var file in Files)
                await writer.AddFileAsync(file, ct).ConfigureAwait(false);
            return;
        }

        var source = new JoinedStream(Files, Slice.From);
        await using var done = source.ConfigureAwait(false);
        await writer.AddStdinAsync(source, Slice.Size, ct).ConfigureAwait(false);

        // Reading the end makes the stream compare the last file with what was listed.
        if (Slice.From + Slice.Size == Files.Sum(f => f.Length) && await source.ReadAsync(new byte[1], ct).ConfigureAwait(false) > 0)
            throw Files[^1].Changed("became longer while it was read");
    }
}

/// <summary>Where a slice begins and how many bytes it has.</summary>
public sealed record FileSlice(long From, long Size);
