using System.Formats.Tar;
using System.Security.Cryptography;
using Docker.DotNet.Models;

namespace Rxelon.Node.Tests.Docker;

/// <summary>An image whose files were changed under the engine, which itself looks at layers only when they arrive.</summary>
[Collection(DockerTests.Name)]
public sealed class ImageContentSpecs(DockerFixture docker)
{
    [Fact]
    public async Task An_image_measures_as_its_digest_until_one_byte_of_a_layer_is_changed_on_the_engines_disk()
    {
        var marker = $"marker-{Guid.NewGuid():n}";
        var image = await ImportAsync(marker);
        try
        {
            Assert.Equal(image, await MeasureAsync(image));
            var root = (await docker.Executor.Engine.System.GetSystemInfoAsync()).DockerRootDir;
            var file = Directory.EnumerateFiles(root, marker, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).First();
            var content = await File.ReadAllBytesAsync(file);
            content[7] ^= 1;
            await File.WriteAllBytesAsync(file, content);

            Assert.NotEqual(image, await MeasureAsync(image));
        }
        finally
        {
            await docker.Executor.Engine.Images.DeleteImageAsync(image, new ImageDeleteParameters { Force = true });
        }
    }

    [Fact]
    public async Task An_image_that_is_not_here_measures_as_nothing()
        => Assert.Null(await docker.Executor.MeasureImageAsync($"sha256:{new string('0', 64)}", CancellationToken.None));

    [Fact]
    public async Task The_engine_is_measured_the_same_twice()
    {
        var first = Assert.Single(await docker.Executor.MeasureAsync(CancellationToken.None));
        Assert.Equal(first.Digest, Assert.Single(await docker.Executor.MeasureAsync(CancellationToken.None)).Digest);
    }

    private async Task<string> MeasureAsync(string image)
        => "sha256:" + Convert.ToHexStringLower((await docker.Executor.MeasureImageAsync(image, CancellationToken.None))!);

    private async Task<string> ImportAsync(string marker)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, marker) { DataStream = new MemoryStream(RandomNumberGenerator.GetBytes(4096)) });
        archive.Position = 0;
        var engine = docker.Executor.Engine;
        await engine.Images.CreateImageAsync(new ImagesCreateParameters { FromSrc = "-", Repo = marker, Tag = "1" }, archive, null, new Progress<JSONMessage>());
        return (await engine.Images.InspectImageAsync($"{marker}:1")).ID;
    }
}
