using Microsoft.Extensions.Logging.Abstractions;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Live;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>What strangers send leaves room for what the hub itself must write.</summary>
public sealed class DiskReserveSpecs
{
    private const long Reserve = 1 << 20;
    private const int Piece = UploadFile.BlockSize;
    private static readonly AccountId Alice = StoreFixture.Account(1);

    [Fact]
    public async Task What_would_touch_the_reserve_is_refused_and_taken_when_there_is_room_again()
    {
        var left = Reserve + 50_000;
        await using var fixture = StoreFixture.On(new DiskReserve(Reserve, () => left, NullLogger.Instance));
        var large = StoreFixture.Bytes(60_000);
        AssertFull((await fixture.Store.BeginUploadAsync(Alice, BlobId.Of(large), large.Length, default)).Fault);
        AssertFull((await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default)).Fault);
        Assert.Null(await fixture.Store.FindUploadAsync(Alice, BlobId.Of(large), default));
        AssertFull((await fixture.Store.PutSmallAsync(Alice, [StoreFixture.Bytes(30_000), StoreFixture.Bytes(30_000)], default)).Fault);
        var kept = (await fixture.Store.PutSmallAsync(Alice, [StoreFixture.Bytes(30_000)], default)).Value[0];

        left = 0;
        AssertFull((await fixture.Store.PutSmallAsync(Alice, [StoreFixture.Bytes(1)], default)).Fault);
        Assert.NotNull((await fixture.Store.ReadSmallAsync([kept.Id], default))[0]);
        await fixture.Store.ReleaseAsync(Alice, [kept.Id], default); // room is made by deleting, which is never refused

        left = Reserve + 60_000;
        Assert.Equal(large.Length, (await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default)).Value);
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));
    }

    [Fact]
    public async Task An_upload_whose_room_others_took_stops_where_it_is_and_goes_on_from_there()
    {
        // Each look finds a piece less: somebody else writes as well.
        var left = Reserve + (5 * Piece);
        await using var fixture = StoreFixture.On(new DiskReserve(Reserve, () => left -= Piece, NullLogger.Instance));
        var large = StoreFixture.Bytes(4 * Piece);
        AssertFull((await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default)).Fault);
        var stands = (await fixture.Store.FindUploadAsync(Alice, BlobId.Of(large), default))!.Value.Offset;
        Assert.Equal(3 * Piece, stands);

        left = Reserve + (9 * Piece);
        var rest = new MemoryStream(large[(int)stands..]);
        Assert.Equal(large.Length, (await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, stands, rest, default)).Value);
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));
    }

    [Fact]
    public async Task Logs_that_would_touch_it_are_dropped_and_those_before_stay()
    {
        using var folder = new DataFolder();
        var left = Reserve + 100;
        var attempt = new AttemptId(TaskId.FromBytes([1, .. new byte[15]]), 0, 1);
        var store = LogStore.Open(folder.Path, new DiskReserve(Reserve, () => left, NullLogger.Instance), TimeProvider.System, NullLogger.Instance);
        using (var watch = store.Watch(attempt.Task))
        {
            store.Append(attempt, 0, StoreFixture.Bytes(100));
            await watch.ChangedAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        }

        left = Reserve;
        store.Append(attempt, 1, StoreFixture.Bytes(100));
        await store.DisposeAsync(); // everything that came was looked at
        Assert.Equal(1u, Assert.Single(store.List(attempt.Task)).Next);
    }

    [Fact]
    public async Task On_a_real_disk_uploads_end_at_the_reserve_and_the_hub_can_write_it()
    {
        using var folder = new DataFolder();
        await FolderBlobStoreSpecs.RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder.Path);
        try
        {
            var reserve = DiskReserve.Of(folder.Path, 4 << 20, NullLogger.Instance);
            await using var store = BlobStore.Open(new HubOptions { DataDirectory = folder.Path }, reserve, TimeProvider.System, NullLogger.Instance);
            Fault? refused = null;
            for (var i = 0; i < 100 && refused is null; i++)
            {
                var large = StoreFixture.Bytes(200_000);
                refused = (await store.AppendUploadAsync(Alice, BlobId.Of(large), large.Length, 0, new MemoryStream(large), default)).Fault;
            }

            AssertFull(refused);
            Assert.InRange(new DriveInfo(folder.Path).AvailableFreeSpace, 3 << 20, 5 << 20);
            await File.WriteAllBytesAsync(folder["journal.db"], StoreFixture.Bytes(3 << 20));
        }
        finally
        {
            await FolderBlobStoreSpecs.RunAsync("umount", "-l", folder.Path);
        }
    }

    private static void AssertFull(Fault? fault)
        => Assert.Equal((FaultCodes.StorageFull, Culprit.Hub, true), (fault?.Code, fault?.Culprit, fault?.Retryable));
}
