using System.Formats.Tar;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Archives;

/// <summary>
/// Writes the plaintext of a part as POSIX tar (pax). Times and owners are left out: the same input gives the same bytes, and
/// nodes learn nothing about the user's machine.
/// </summary>
internal sealed class PartArchiveWriter(Stream into) : IAsyncDisposable
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TarWriter _tar = new(into, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>Standard input; <paramref name="size"/> bytes are taken from the stream.</summary>
    internal Task AddStdinAsync(Stream content, long size, CancellationToken ct)
        => AddAsync(PartArchive.Stdin, content, size, ct);

    /// <summary>A file under in/.</summary>
    internal async Task AddFileAsync(InputFile file, CancellationToken ct)
    {
        var content = file.Open(asStream: false);
        await using (content.ConfigureAwait(false))
        {
            try
            {
                await AddAsync(PartArchive.InPrefix + file.Name, content, file.Length, ct).ConfigureAwait(false);
            }
            catch (EndOfStreamException)
            {
                throw file.Changed("became shorter while it was read");
            }

            file.CheckEnd(content, file.Length);
        }
    }

    public ValueTask DisposeAsync() => _tar.DisposeAsync();

    private async Task AddAsync(string name, Stream content, long size, CancellationToken ct)
    {
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = Readable, ModificationTime = DateTimeOffset.UnixEpoch };
        await using var sized = new SizedStream(content, size);
        entry.DataStream = sized;
        await _tar.WriteEntryAsync(entry, ct).ConfigureAwait(false);
    }
}
