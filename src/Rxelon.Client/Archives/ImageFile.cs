using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Archives;

/// <summary>
/// An image in a tar file: what <c>docker save</c> writes, or an OCI image layout. Gives its id and writes it as
/// <see cref="ImageArchive"/> says. The file is read in place; it must not change meanwhile.
/// </summary>
internal sealed class ImageFile : IDisposable
{
    private const string OciIndex = "index.json";
    private const int MostHops = 8;

    private readonly FileStream _file;
    private readonly TarReader _tar;
    private readonly Dictionary<string, TarEntry> _entries = [];
    private byte[] _config = [];
    private IReadOnlyList<(string Name, long Size)> _layers = [];

    private ImageFile(FileStream file)
    {
        _file = file;
        _tar = new TarReader(file);
    }

    /// <summary>The image's id: <c>sha256:</c> and the digest of its config.</summary>
    internal string Id => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(_config));

    /// <summary>Bytes of the file.</summary>
    internal long Length => _file.Length;

    /// <summary>Opens the file and checks it whole. Faults: not-found, malformed (not an image, several, or damaged).</summary>
    internal static Outcome<ImageFile> Open(string path)
    {
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input);
        var image = new ImageFile(new FileStream(path, FileMode.Open, FileAccess.Read));
        Fault? fault;
        try
        {
            fault = image.Read();
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or EndOfStreamException or FormatException)
        {
            fault = Wrong($"it cannot be read ({e.Message})");
        }

        if (fault is null)
            return image;
        image.Dispose();
        return fault with { Message = $"{path} is not an image that can be sent: {fault.Message}." };
    }

    /// <summary>Writes the archive; an <see cref="IOException"/> when the file changed meanwhile.</summary>
    internal async Task WriteAsync(Stream into, CancellationToken cancel)
    {
        var tar = new TarWriter(into, TarEntryFormat.Pax, leaveOpen: true);
        await using var closing = tar.ConfigureAwait(false);
        await WriteAsync(tar, ImageArchive.Manifest, new MemoryStream(ImageArchive.ManifestOf(_layers.Count)), cancel).ConfigureAwait(false);
        await WriteAsync(tar, ImageArchive.Config, new MemoryStream(_config), cancel).ConfigureAwait(false);
        for (var i = 0; i < _layers.Count; i++)
        {
            var layer = OpenLayer(_layers[i].Name);
            await using var done = layer.ConfigureAwait(false);
            await WriteAsync(tar, ImageArchive.Layer(i), new SizedStream(layer, _layers[i].Size), cancel).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _tar.Dispose();
        _file.Dispose();
    }

    private static Task WriteAsync(TarWriter tar, string name, Stream data, CancellationToken cancel)
        => tar.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = data }, cancel);

    private Fault? Read()
    {
        while (_tar.GetNextEntry() is { } entry)
            _entries[Normal(entry.Name)] = entry;
        var (config, names, fault) = _entries.ContainsKey(ImageArchive.Manifest) ? FromSave()
            : _entries.ContainsKey(OciIndex) ? FromOci()
            : ("", [], Wrong("it holds neither manifest.json (docker save) nor index.json (an OCI layout); a compressed file must be unpacked first"));
        if (fault is not null)
            return fault;
        _config = ReadAll(config);
        if (ImageArchive.LayersOf(_config) is not { } digests || digests.Count != names.Count)
            return Wrong("its config does not list its layers");
        var layers = new List<(string, long)>();
        for (var i = 0; i < names.Count; i++)
        {
            using var layer = OpenLayer(names[i]);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var size = Hash(layer, hash);
            if (digests[i] != "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()))
                return Wrong($"layer {i} is damaged, or compressed in another way than gzip");
            layers.Add((names[i], size));
        }

        _layers = layers;
        return null;
    }

    private (string Config, IReadOnlyList<string> Layers, Fault? Fault) FromSave()
        => JsonSerializer.Deserialize(ReadAll(ImageArchive.Manifest), ImageJson.Default.ImageManifestArray) is [{ Layers: { } layers } only]
            ? (Normal(only.Config), [.. layers.Select(Normal)], null)
            : ("", [], Wrong("it must hold exactly one image"));

    private (string Config, IReadOnlyList<string> Layers, Fault? Fault) FromOci()
    {
        var document = Oci(OciIndex);
        for (var hops = 0; document.Config is null && hops < MostHops; hops++)
        {
            if (document.Manifests is not [{ } only])
                return ("", [], Wrong("it must hold exactly one image, for one platform"));
            document = Oci(BlobOf(only));
        }

        return document is { Config: { } config, Layers: { } layers }
            ? (BlobOf(config), [.. layers.Select(BlobOf)], null)
            : ("", [], Wrong("its index leads to no image"));
    }

    private OciDocument Oci(string name)
        => JsonSerializer.Deserialize(ReadAll(name), ImageJson.Default.OciDocument) ?? throw new InvalidDataException($"{name} is empty");

    private static string BlobOf(OciDescriptor descriptor) => $"blobs/{descriptor.Digest.Replace(':', '/')}";

    private byte[] ReadAll(string name)
    {
        var entry = Find(name);
        if (entry.Length > ImageArchive.LargestConfig)
            throw new InvalidDataException($"{name} is too large");
        var bytes = new byte[entry.Length];
        if (entry.DataStream is { } data)
        {
            data.Position = 0;
            data.ReadExactly(bytes);
        }

        return bytes;
    }

    /// <summary>The layer's plain tar; gzip is undone.</summary>
    private Stream OpenLayer(string name)
    {
        if (Find(name).DataStream is not { } data)
            return new MemoryStream();
        data.Position = 0;
        var isGzip = data.ReadByte() == 0x1f && data.ReadByte() == 0x8b;
        data.Position = 0;
        return isGzip ? new GZipStream(data, CompressionMode.Decompress, leaveOpen: true) : new Unclosed(data);
    }

    /// <summary>The file of that name; older engines save a layer that occurs twice as a link to the first.</summary>
    private TarEntry Find(string name)
    {
        for (var hops = 0; hops < MostHops && _entries.TryGetValue(name, out var entry); hops++)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                return entry;
            if (entry.EntryType is not (TarEntryType.SymbolicLink or TarEntryType.HardLink))
                break;
            name = entry.EntryType == TarEntryType.HardLink ? Normal(entry.LinkName) : Normal($"{name}/../{entry.LinkName}");
        }

        throw new InvalidDataException($"{name} is missing");
    }

    /// <summary>"./a//b/../c" becomes "a/c"; nothing leads above the archive.</summary>
    private static string Normal(string name)
    {
        var parts = new List<string>();
        foreach (var part in name.Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }

    private static long Hash(Stream stream, IncrementalHash hash)
    {
        var buffer = new byte[1 << 16];
        long size = 0;
        for (int read; (read = stream.Read(buffer)) > 0; size += read)
            hash.AppendData(buffer, 0, read);
        return size;
    }

    private static Fault Wrong(string why) => new(FaultCodes.Malformed, why, Culprit.Input);

    /// <summary>Reads on from an entry, which stays open for the next reader.</summary>
    private sealed class Unclosed(Stream inner) : Rxelon.Shared.Crypto.ReadOnlyStream
    {
        public override bool CanRead => true;

        public override int Read(Span<byte> buffer) => inner.Read(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => inner.ReadAsync(buffer, cancellationToken);
    }
}
