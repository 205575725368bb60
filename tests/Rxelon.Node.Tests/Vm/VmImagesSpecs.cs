using System.Formats.Tar;
using System.Security.Cryptography;
using Rxelon.Node.Executors.Vm;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Vm;

public sealed class VmImagesSpecs : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-images-").FullName;
    private readonly VmImages _images;

    public VmImagesSpecs() => _images = new VmImages(Path.Combine(_folder, "images"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_is_named_by_its_manifest_and_found_again(bool asTar)
    {
        var (source, name) = Make();
        if (asTar)
            TarFile.CreateFromDirectory(source, source + ".tar", includeBaseDirectory: false);

        var added = await _images.AddAsync(asTar ? source + ".tar" : source, CancellationToken.None);

        Assert.Equal(name, added.Value);
        Assert.Equal([name], _images.List());
        Assert.True((await _images.FindAsync(name, CancellationToken.None)).IsOk);
        Assert.True((await _images.AddAsync(source, CancellationToken.None)).IsOk);
        Assert.True(_images.Remove(name));
        Assert.Empty(_images.List());
    }

    [Theory]
    [InlineData("kernel")]
    [InlineData("initrd")]
    [InlineData("root")]
    [InlineData("manifest.json")]
    public async Task An_image_that_was_changed_is_missing(string file)
    {
        var (source, name) = Make();
        await _images.AddAsync(source, CancellationToken.None);
        Assert.Equal(name[7..], Convert.ToHexStringLower((await _images.MeasureAsync(name, CancellationToken.None))!));
        var path = Path.Combine(_folder, "images", name[7..], file);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        var found = await _images.FindAsync(name, CancellationToken.None);

        Assert.Equal((FaultCodes.ImageMissing, true), (found.Fault?.Code, found.Fault!.Retryable));
        Assert.Contains(name, found.Fault.Message, StringComparison.Ordinal);
        Assert.NotEqual(name[7..], Convert.ToHexStringLower((await _images.MeasureAsync(name, CancellationToken.None))!));
    }

    [Fact]
    public async Task A_folder_whose_files_are_not_what_its_manifest_says_is_refused()
    {
        var (source, _) = Make();
        await File.WriteAllTextAsync(Path.Combine(source, "kernel"), "another");

        Assert.Equal(FaultCodes.Malformed, (await _images.AddAsync(source, CancellationToken.None)).Fault?.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "images")));
    }

    [Fact]
    public async Task What_is_not_there_is_refused()
        => Assert.Equal(FaultCodes.Malformed, (await _images.AddAsync(Path.Combine(_folder, "none"), CancellationToken.None)).Fault?.Code);

    private (string Source, string Name) Make()
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        var files = ((string[])["kernel", "initrd", "root"]).Select(name =>
        {
            File.WriteAllText(Path.Combine(source, name), $"the {name}");
            return $"\"{name}\":{{\"digest\":\"sha256:{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(source, name))))}\",\"size\":{4 + name.Length}}}";
        });
        var manifest = $"{{\"version\":1,\"protocol\":1,\"append\":\"quiet\",{string.Join(',', files)}}}";
        File.WriteAllText(Path.Combine(source, "manifest.json"), manifest);
        return (source, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(source, "manifest.json"))))}");
    }
}
