using Rxelon.Hub.Blobs;
using Rxelon.Hub.Tests.Config;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>Files that grow while more is received.</summary>
public sealed class UploadFileSpecs : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(9_700_001)]
    public async Task Blocks_lie_one_behind_the_other_wherever_the_file_ended(int before)
    {
        var content = StoreFixture.Bytes(before + (19 * UploadFile.BlockSize) + 777);
        var path = _folder["upload"];
        await GrowAsync(path, content, before);
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task A_disk_that_fills_behind_the_receiver_is_heard_of()
    {
        await FolderBlobStoreSpecs.RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _folder.Path);
        try
        {
            var error = await Assert.ThrowsAsync<IOException>(() => GrowAsync(_folder["upload"], StoreFixture.Bytes(4 << 20), 0));
            Assert.True(DiskFull.Is(error), error.ToString());
        }
        finally
        {
            await FolderBlobStoreSpecs.RunAsync("umount", "-l", _folder.Path);
        }
    }

    private static async Task GrowAsync(string path, byte[] content, int before)
    {
        await File.WriteAllBytesAsync(path, content[..before]);
        await using var file = new UploadFile(path, before);
        for (var at = before; at < content.Length;)
        {
            var count = Math.Min(file.Block.Length, content.Length - at);
            content.AsMemory(at, count).CopyTo(file.Block);
            await file.WriteAsync(count);
            at += count;
        }

        await file.FinishAsync();
        file.Sync();
    }
}
