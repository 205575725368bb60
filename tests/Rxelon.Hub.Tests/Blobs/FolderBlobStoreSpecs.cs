using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Blobs;

public sealed class FolderBlobStoreSpecs
{
    private static readonly AccountId Alice = StoreFixture.Account(1);
    private static readonly AccountId Bob = StoreFixture.Account(2);

    [Fact]
    public async Task Small_blobs_come_back_in_order_and_after_a_restart()
    {
        await using var fixture = StoreFixture.New();
        byte[][] blobs = [[1], StoreFixture.Bytes(32 * 1024), StoreFixture.Bytes(100)];
        var stored = await fixture.Store.PutSmallAsync(Alice, [.. blobs.Select(b => (ReadOnlyMemory<byte>)b)], default);
        Assert.Equal(blobs.Select(b => BlobId.Of(b)), stored.Value.Select(b => b.Id));

        await fixture.RestartAsync();
        var unknown = BlobId.Of([9, 9]);
        var read = await fixture.Store.ReadSmallAsync([stored.Value[2].Id, unknown, stored.Value[0].Id], default);
        Assert.Equal(blobs[2], read[0]);
        Assert.Null(read[1]);
        Assert.Equal(blobs[0], read[2]);
        Assert.Equal([unknown], await fixture.Store.MissingAsync([stored.Value[0].Id, unknown], default));
        Assert.Equal(blobs[1], await fixture.ReadAsync(stored.Value[1].Id));
    }

    [Fact]
    public async Task A_blob_is_deleted_with_its_last_owner()
    {
        await using var fixture = StoreFixture.New();
        var small = StoreFixture.Bytes(10);
        var large = StoreFixture.Bytes(100_000);
        foreach (var owner in (AccountId[])[Alice, Bob])
        {
            await fixture.Store.PutSmallAsync(owner, [small], default);
            await fixture.Store.AppendUploadAsync(owner, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default);
        }

        Assert.Equal(100_010, await fixture.Store.StoredBytesAsync(Alice, default));
        await fixture.Store.ReleaseAsync(Alice, [BlobId.Of(small), BlobId.Of(large)], default);
        Assert.Equal(0, await fixture.Store.StoredBytesAsync(Alice, default));
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));
        Assert.Empty(await fixture.Store.OwnedAsync(Alice, [BlobId.Of(small), BlobId.Of(large)], default));

        await fixture.Store.ReleaseAllAsync(Bob, default);
        Assert.Null(await fixture.ReadAsync(BlobId.Of(small)));
        Assert.Null(await fixture.ReadAsync(BlobId.Of(large)));
        await Eventually.TrueAsync(
            "the file goes after the commit", () => !Directory.EnumerateFiles(fixture.Folder["blobs"], "*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task Erased_content_is_not_left_in_the_database_file()
    {
        await using var fixture = StoreFixture.New();
        var blob = StoreFixture.Bytes(20_000);
        await fixture.Store.PutSmallAsync(Alice, [blob], default);
        await fixture.Store.ReleaseAllAsync(Alice, default);
        await fixture.Store.DisposeAsync();
        Assert.DoesNotContain(fixture.Folder.Everything(), f => f.Content.AsSpan().IndexOf(blob.AsSpan(100, 64)) >= 0);
    }

    [Fact]
    public async Task What_passes_the_quota_is_refused_as_a_whole()
    {
        await using var fixture = StoreFixture.New(quota: 1000);
        Assert.True((await fixture.Store.PutSmallAsync(Alice, [StoreFixture.Bytes(900)], default)).IsOk);
        var refused = await fixture.Store.PutSmallAsync(Alice, [StoreFixture.Bytes(50), StoreFixture.Bytes(51)], default);
        Assert.Equal(FaultCodes.QuotaExceeded, refused.Fault?.Code);
        Assert.Equal(900, await fixture.Store.StoredBytesAsync(Alice, default));
        Assert.True((await fixture.Store.PutSmallAsync(Bob, [StoreFixture.Bytes(1000)], default)).IsOk);
    }

    [Fact]
    public async Task Storing_the_same_bytes_again_costs_nothing()
    {
        await using var fixture = StoreFixture.New();
        var blob = StoreFixture.Bytes(500);
        await fixture.Store.PutSmallAsync(Alice, [blob, blob], default);
        await fixture.Store.PutSmallAsync(Alice, [blob], default);
        Assert.Equal(500, await fixture.Store.StoredBytesAsync(Alice, default));
    }

    [Fact]
    public async Task Many_writers_at_once_are_all_answered_after_their_bytes_are_there()
    {
        await using var fixture = StoreFixture.New();
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), async (i, cancel) =>
        {
            var blob = BitConverter.GetBytes(i);
            var stored = await fixture.Store.PutSmallAsync(Alice, [blob], cancel);
            Assert.Equal(blob, (await fixture.Store.ReadSmallAsync([stored.Value[0].Id], cancel))[0]);
        });
        Assert.Equal(1200, await fixture.Store.StoredBytesAsync(Alice, default));
    }

    [Fact]
    public async Task A_file_that_a_crash_left_without_an_owner_is_removed_at_the_next_start()
    {
        await using var fixture = StoreFixture.New();
        var known = StoreFixture.Bytes(50_000);
        await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(known), known.Length, 0, new MemoryStream(known), default);
        var orphan = fixture.Folder[$"blobs/ab/{new string('c', 62)}"];
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        await File.WriteAllBytesAsync(orphan, known);
        await fixture.RestartAsync();
        Assert.False(File.Exists(orphan));
        Assert.Equal(known, await fixture.ReadAsync(BlobId.Of(known)));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_loses_nothing_that_was_stored()
    {
        using var folder = new DataFolder();
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.Path);
        try
        {
            var options = new HubOptions { DataDirectory = folder.Path };
            await using var store = BlobStore.Open(options, StoreFixture.NoReserve, TimeProvider.System, NullLogger.Instance);
            var kept = (await store.PutSmallAsync(Alice, [StoreFixture.Bytes(1000)], default)).Value[0];
            var large = StoreFixture.Bytes(3 << 20);
            var refused = await store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default);
            Assert.Equal(FaultCodes.StorageFull, refused.Fault?.Code);
            Assert.True(refused.Fault?.Retryable);
            Outcome<IReadOnlyList<Rxelon.Shared.Workloads.BlobRef>> small = default;
            for (var i = 0; i < 100 && small.IsOk; i++)
                small = await store.PutSmallAsync(Alice, [StoreFixture.Bytes(32 * 1024)], default);
            Assert.Equal(FaultCodes.StorageFull, small.Fault?.Code);
            Assert.NotNull((await store.ReadSmallAsync([kept.Id], default))[0]);

            await store.ReleaseAllAsync(Bob, default);
        }
        finally
        {
            await RunAsync("umount", "-l", folder.Path);
        }
    }

    internal static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command} failed; this test needs root on Linux: {error}");
    }
}
