using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Client.Archives;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Archives;

/// <summary>Archives as <c>docker save</c> and OCI tools write them; with a real engine they are tried in Rxelon.System.Tests.</summary>
public sealed class ImageFileSpecs : IDisposable
{
    private static readonly byte[][] _layers = [[.. Enumerable.Repeat((byte)7, 10_240)], [.. Enumerable.Repeat((byte)9, 70_000)]];
    private readonly TempFolder _folder = new();

    private static byte[] Config { get; } = Json(new { os = "linux", rootfs = new { type = "layers", diff_ids = _layers.Select(Digest) } });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_docker_saves_becomes_the_format_and_keeps_its_id()
        => await AssertIsImageAsync(Tar(("abc.json", Config), ("1/layer.tar", _layers[0]), ("2/layer.tar", _layers[1]), ("manifest.json", Manifest("abc.json", "1/layer.tar", "2/layer.tar"))));

    [Fact]
    public async Task An_oci_layout_with_compressed_layers_becomes_the_same()
    {
        var blobs = _layers.Select(GZip).Append(Config).ToDictionary(Digest);
        var manifest = Json(new { config = new { digest = Digest(Config) }, layers = _layers.Select(l => new { digest = Digest(GZip(l)) }) });
        var index = Json(new { manifests = new[] { new { digest = Digest(manifest) } } });

        await AssertIsImageAsync(Tar([
            ("oci-layout", Encoding.UTF8.GetBytes("{}")), ("index.json", index), (Blob(Digest(manifest)), manifest), .. blobs.Select(b => (Blob(b.Key), b.Value))]));

        static string Blob(string digest) => $"blobs/{digest.Replace(':', '/')}";
    }

    [Theory]
    [InlineData("two images", "exactly one image")]
    [InlineData("no manifest", "neither manifest.json")]
    [InlineData("missing layer", "2/layer.tar is missing")]
    [InlineData("damaged layer", "layer 1 is damaged")]
    [InlineData("no tar", "cannot be read")]
    public void What_is_wrong_with_a_file_is_said(string what, string says)
    {
        var only = Manifest("abc.json", "1/layer.tar", "2/layer.tar");
        var file = what switch
        {
            "two images" => Tar(("manifest.json", Json(new[] { new { Config = "a" }, new { Config = "b" } }))),
            "no manifest" => Tar(("abc.json", Config)),
            "missing layer" => Tar(("abc.json", Config), ("1/layer.tar", _layers[0]), ("manifest.json", only)),
            "damaged layer" => Tar(("abc.json", Config), ("1/layer.tar", _layers[0]), ("2/layer.tar", _layers[0]), ("manifest.json", only)),
            _ => [.. Enumerable.Repeat((byte)'x', 2000)],
        };

        var opened = ImageFile.Open(_folder.Write("image.tar", file));

        Assert.Equal(FaultCodes.Malformed, opened.Fault?.Code);
        Assert.Contains(says, opened.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
        => Assert.Equal(FaultCodes.NotFound, ImageFile.Open(_folder["image.tar"]).Fault?.Code);

    private async Task AssertIsImageAsync(byte[] file)
    {
        using var image = ImageFile.Open(_folder.Write("image.tar", file)).Value;
        Assert.Equal(Digest(Config), image.Id);
        using var written = new MemoryStream();
        await image.WriteAsync(written, CancellationToken.None);
        written.Position = 0;
        using var tar = new TarReader(written);
        foreach (var (name, expected) in ((string, byte[])[])[("manifest.json", ImageArchive.ManifestOf(2)), ("config.json", Config), ("layer-0.tar", _layers[0]), ("layer-1.tar", _layers[1])])
        {
            var entry = tar.GetNextEntry()!;
            var data = new byte[entry.Length];
            entry.DataStream!.ReadExactly(data);
            Assert.Equal(name, entry.Name);
            Assert.Equal(expected, data);
        }

        Assert.Null(tar.GetNextEntry());
    }

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);

    private static byte[] Manifest(string config, params string[] layers) => Json(new[] { new { Config = config, RepoTags = new[] { "a:b" }, Layers = layers } });

    private static byte[] GZip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Tar(params (string Name, byte[] Data)[] files)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, data) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data) });
        }

        return bytes.ToArray();
    }
}
