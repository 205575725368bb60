using Rxelon.Hub.Blobs;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Tests.Config;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>Files that grow through the page cache and past it, and how they are read.</summary>
public sealed class UploadFileSpecs : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(4096, true)]
    [InlineData(700_001, true)]
    [InlineData(700_001, false)]
    public async Task Blocks_lie_one_behind_the_other_wherever_the_file_ended(int before, bool direct)
    {
        var content = StoreFixture.Bytes(before + (3 * UploadFile.BlockSize) + 777);
        var path = _folder["upload"];
        await GrowAsync(path, content, before, direct);
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
        Assert.Equal(content, await ReadAsync(path, 0, keepInMemory: false));
    }

    [Fact]
    public async Task A_file_system_that_cannot_do_without_the_page_cache_is_used_through_it()
    {
        await FolderBlobStoreSpecs.RunAsync("mount", "-t", "ramfs", "ramfs", _folder.Path);
        try
        {
            await Blocks_lie_one_behind_the_other_wherever_the_file_ended(5000, direct: true);
        }
        finally
        {
            await FolderBlobStoreSpecs.RunAsync("umount", "-l", _folder.Path);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_that_fills_behind_the_receiver_is_heard_of(bool direct)
    {
        await FolderBlobStoreSpecs.RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _folder.Path);
        try
        {
            var error = await Assert.ThrowsAsync<IOException>(() => GrowAsync(_folder["upload"], StoreFixture.Bytes(4 << 20), 0, direct));
            Assert.True(DiskFull.Is(error), error.ToString());
        }
        finally
        {
            await FolderBlobStoreSpecs.RunAsync("umount", "-l", _folder.Path);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reading_begins_anywhere_and_leaves_in_memory_only_what_is_worth_it(bool keepInMemory)
    {
        var content = StoreFixture.Bytes((4 * AlignedBlock.Size) + 99);
        var path = _folder["blob"];
        await GrowAsync(path, content, 0, direct: true);
        using var look = File.OpenHandle(path);
        var isCold = !PageCache.Holds(look, 0, content.Length);

        foreach (var from in (int[])[0, 1, 4096, AlignedBlock.Size, AlignedBlock.Size + 5000, content.Length - 1, content.Length])
            Assert.Equal(content[from..], await ReadAsync(path, from, keepInMemory));

        // A temporary directory may lie in memory altogether, and old kernels do not tell.
        if (isCold)
            Assert.Equal(keepInMemory, PageCache.Holds(look, 0, content.Length));
    }

    [Fact]
    public async Task A_reader_may_leave_and_turn_back_at_any_time()
    {
        var content = StoreFixture.Bytes(3 * AlignedBlock.Size);
        await File.WriteAllBytesAsync(_folder["blob"], content);
        await using var stream = new LargeBlobStream(_folder["blob"], keepInMemory: false);
        var some = new byte[1000];
        foreach (var at in (int[])[0, 2 * AlignedBlock.Size, 10, AlignedBlock.Size - 500])
        {
            stream.Position = at;
            await stream.ReadExactlyAsync(some);
            Assert.Equal(content[at..(at + 1000)], some);
        }
    }

    [Fact]
    public void Memory_is_used_while_it_is_cheap_and_avoided_when_the_disk_keeps_up()
    {
        var cheap = new WritePath();
        Say(cheap, 20, bytesPerSecond: 2e9);
        Assert.False(cheap.IsDirect);

        var dear = new WritePath();
        Say(dear, 1, 2e9);
        Say(dear, 1, 4e8);
        Assert.True(dear.IsDirect);
        Say(dear, 5, 3e8);
        Assert.True(dear.IsDirect);

        var slowDisk = new WritePath();
        Say(slowDisk, 1, 4e8);
        Assert.True(slowDisk.IsDirect);
        Say(slowDisk, 1, 1e8);
        Assert.False(slowDisk.IsDirect);
        Say(slowDisk, 5, 1e8);
        Assert.False(slowDisk.IsDirect);

        static void Say(WritePath path, int stretches, double bytesPerSecond)
        {
            for (var i = 0; i < stretches; i++)
                path.Wrote((int)WritePath.Stretch, TimeSpan.FromSeconds(WritePath.Stretch / bytesPerSecond));
        }
    }

    private static async Task GrowAsync(string path, byte[] content, int before, bool direct)
    {
        await File.WriteAllBytesAsync(path, content[..before]);
        await using var file = new UploadFile(path, before, direct ? WritePath.Direct : WritePath.Cached);
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

    private static async Task<byte[]> ReadAsync(string path, long from, bool keepInMemory)
    {
        await using var stream = new LargeBlobStream(path, keepInMemory);
        stream.Position = from;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, 50_000);
        return copy.ToArray();
    }
}
