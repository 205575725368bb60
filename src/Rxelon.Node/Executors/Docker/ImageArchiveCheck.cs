using System.Formats.Tar;
using System.Security.Cryptography;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Docker;

/// <summary>
/// Copies an <see cref="ImageArchive"/> to the engine and lets nothing through that is not in the format: the engine unpacks as
/// root. The config must hash to the id and each layer to what the config says. So the engine can neither be given another image
/// under that id nor be made to hand out layers that the sender does not have.
/// </summary>
internal static class ImageArchiveCheck
{
    private const int LongestManifest = 1 << 20;

    /// <summary>
    /// No fault when the whole archive was copied and is that image, of so many bytes; after a fault what was copied must not be
    /// used. Layers beyond <paramref name="room"/> bytes are refused.
    /// </summary>
    internal static async Task<(long Bytes, Fault? Fault)> CopyAsync(string image, Stream archive, Stream into, long room, CancellationToken cancel)
    {
        try
        {
            var reader = new TarReader(archive, leaveOpen: true);
            await using var closing = reader.ConfigureAwait(false);
            var writer = new TarWriter(into, TarEntryFormat.Pax, leaveOpen: true);
            await using var ending = writer.ConfigureAwait(false);
            var copied = await CopyAsync(image, reader, writer, room, cancel).ConfigureAwait(false);
            return copied.Fault is null && await NextAsync(reader, cancel).ConfigureAwait(false) is not null
                ? (0, Wrong("there is something behind its layers"))
                : copied;
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            return (0, Wrong("its tar stream cannot be read"));
        }
    }

    private static async Task<(long Bytes, Fault? Fault)> CopyAsync(
        string image, TarReader reader, TarWriter writer, long room, CancellationToken cancel)
    {
        if (await ReadAsync(reader, ImageArchive.Manifest, LongestManifest, cancel).ConfigureAwait(false) is null
            || await ReadAsync(reader, ImageArchive.Config, ImageArchive.LargestConfig, cancel).ConfigureAwait(false) is not { } config)
            return (0, Wrong("it does not begin with a manifest and a config"));
        if (image != Name(SHA256.HashData(config)))
            return (0, Wrong("it is another image than the task names"));
        if (ImageArchive.LayersOf(config) is not { } layers)
            return (0, Wrong("its config names no layers"));
        long bytes = 0;
        await WriteAsync(writer, ImageArchive.Manifest, new MemoryStream(ImageArchive.ManifestOf(layers.Count)), cancel).ConfigureAwait(false);
        await WriteAsync(writer, ImageArchive.Config, new MemoryStream(config), cancel).ConfigureAwait(false);
        for (var i = 0; i < layers.Count; i++)
        {
            var entry = await NextAsync(reader, cancel).ConfigureAwait(false);
            if (entry is null || !IsFile(entry, ImageArchive.Layer(i)))
                return (0, Wrong($"layer {i} is missing"));
            bytes += entry.Length;
            if (bytes > room)
                return (0, new Fault(FaultCodes.ImageRefused, "The image that came with the task exceeds what this node's operator gives images.", Culprit.Node, Retryable: true));
            using var layer = new HashedStream(entry.DataStream ?? Stream.Null, entry.Length);
            await WriteAsync(writer, entry.Name, layer, cancel).ConfigureAwait(false);
            if (Name(layer.Digest()) != layers[i])
                return (0, Wrong($"layer {i} is not the one that its config names"));
        }

        return (bytes, null);
    }

    private static ValueTask<TarEntry?> NextAsync(TarReader reader, CancellationToken cancel) => reader.GetNextEntryAsync(copyData: false, cancel);

    private static async Task<byte[]?> ReadAsync(TarReader reader, string name, int limit, CancellationToken cancel)
    {
        var entry = await NextAsync(reader, cancel).ConfigureAwait(false);
        if (entry is null || !IsFile(entry, name) || entry.Length > limit)
            return null;
        var bytes = new byte[entry.Length];
        if (entry.DataStream is { } data)
            await data.ReadExactlyAsync(bytes, cancel).ConfigureAwait(false);
        return bytes;
    }

    private static bool IsFile(TarEntry entry, string name) => entry.EntryType == TarEntryType.RegularFile && entry.Name == name;

    private static Task WriteAsync(TarWriter tar, string name, Stream data, CancellationToken cancel)
        => tar.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = data }, cancel);

    private static string Name(byte[] digest) => "sha256:" + Convert.ToHexStringLower(digest);

    private static Fault Wrong(string why)
        => new(FaultCodes.Malformed, $"The image that came with the task is not valid: {why}.", Culprit.Input);

    /// <summary>Hashes what is read. Says that it can seek, because tar writers ask only such streams for their length.</summary>
    private sealed class HashedStream(Stream inner, long length) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        internal byte[] Digest() => _hash.GetHashAndReset();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Span);

        public override int Read(Span<byte> buffer) => Count(inner.Read(buffer), buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }

        private int Count(int read, Span<byte> buffer)
        {
            _hash.AppendData(buffer[..read]);
            _position += read;
            return read;
        }
    }
}
