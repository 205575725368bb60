using Rxelon.Hub.Blobs;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Blobs;

public sealed class UploadSpecs
{
    private static readonly AccountId Alice = StoreFixture.Account(1);
    private readonly byte[] _content = StoreFixture.Bytes(300_000);

    private BlobId Id => BlobId.Of(_content);

    [Fact]
    public async Task An_upload_goes_on_where_it_stopped_even_after_a_restart()
    {
        await using var fixture = StoreFixture.New();
        Assert.Null(await fixture.Store.FindUploadAsync(Alice, Id, default));
        Assert.Equal(new UploadState(0, 300_000), (await fixture.Store.BeginUploadAsync(Alice, Id, 300_000, default)).Value);
        Assert.Equal(100_000, (await AppendAsync(fixture, 0, 100_000)).Value);
        Assert.Equal(150_000, (await AppendAsync(fixture, 100_000, 50_000)).Value);

        await fixture.RestartAsync();
        Assert.Equal(new UploadState(150_000, 300_000), await fixture.Store.FindUploadAsync(Alice, Id, default));
        Assert.Null(await fixture.Store.SizeAsync(Id, default));
        Assert.Equal(300_000, (await AppendAsync(fixture, 150_000, 150_000)).Value);
        Assert.Null(await fixture.Store.FindUploadAsync(Alice, Id, default));
        Assert.Equal(_content, await fixture.ReadAsync(Id));
        Assert.Equal(300_000, await fixture.Store.StoredBytesAsync(Alice, default));
    }

    [Fact]
    public async Task What_arrived_before_a_cut_is_kept()
    {
        await using var fixture = StoreFixture.New();
        var cut = new CutStream(_content.AsMemory(0, 262_144));
        await Assert.ThrowsAsync<IOException>(() => fixture.Store.AppendUploadAsync(Alice, Id, _content.Length, 0, cut, default));
        var stands = (await fixture.Store.FindUploadAsync(Alice, Id, default))!.Value.Offset;
        Assert.True(stands > 0, "nothing was kept");
        Assert.Equal(300_000, (await AppendAsync(fixture, (int)stands, _content.Length - (int)stands)).Value);
        Assert.Equal(_content, await fixture.ReadAsync(Id));
    }

    [Fact]
    public async Task What_arrived_before_a_cut_is_kept_to_the_last_byte()
    {
        await using var fixture = StoreFixture.New();
        var cut = new CutStream(_content.AsMemory(0, 12_345));
        await Assert.ThrowsAsync<IOException>(() => fixture.Store.AppendUploadAsync(Alice, Id, _content.Length, 0, cut, default));
        Assert.Equal(12_345, (await fixture.Store.FindUploadAsync(Alice, Id, default))?.Offset);
        Assert.Equal(300_000, (await AppendAsync(fixture, 12_345, 300_000 - 12_345)).Value);
        Assert.Equal(_content, await fixture.ReadAsync(Id));
    }

    [Fact]
    public async Task A_large_blob_comes_back_as_it_was_sent_in_odd_pieces_over_a_restart()
    {
        await using var fixture = StoreFixture.New();
        var large = StoreFixture.Bytes((36 << 20) + 12_345);
        var id = BlobId.Of(large);
        int[] ends = [10_000_001, 30_000_000, large.Length];
        var begin = 0;
        foreach (var end in ends)
        {
            Assert.Equal(end, (await fixture.Store.AppendUploadAsync(Alice, id, large.Length, begin, new MemoryStream(large, begin, end - begin), default)).Value);
            begin = end;
            if (end < large.Length)
                await fixture.RestartAsync();
        }

        var read = await fixture.ReadAsync(id);
        Assert.True(large.AsSpan().SequenceEqual(read), "it gave other bytes");
    }

    [Fact]
    public async Task Nothing_stays_in_memory_of_uploads_that_nobody_continues()
    {
        using var root = new DataFolder();
        using var uploads = new UploadFolder(root.Path, StoreFixture.NoReserve);
        var path = uploads.Create(Alice, Id, 300_000);
        Assert.Equal(1000, (await uploads.AppendAsync(Alice, Id, path, 300_000, 0, new MemoryStream(_content, 0, 1000), default)).Value.Offset);
        Assert.Equal((1, 0), await Eventually.Async(() => Task.FromResult(uploads.Remembered), r => r.Syncs == 0));
        uploads.DeleteAll(Alice);
        Assert.Equal((0, 0), uploads.Remembered);
    }

    [Fact]
    public async Task Another_offset_than_the_present_one_is_a_conflict()
    {
        await using var fixture = StoreFixture.New();
        await AppendAsync(fixture, 0, 1000);
        Assert.Equal(FaultCodes.Conflict, (await AppendAsync(fixture, 0, 1000)).Fault?.Code);
        Assert.Equal(FaultCodes.Conflict, (await AppendAsync(fixture, 999, 1000)).Fault?.Code);
        Assert.Equal(FaultCodes.Conflict, (await fixture.Store.BeginUploadAsync(Alice, Id, 5, default)).Fault?.Code);
        Assert.Equal(1000, (await fixture.Store.FindUploadAsync(Alice, Id, default))?.Offset);
    }

    [Fact]
    public async Task A_wrong_hash_discards_the_upload()
    {
        await using var fixture = StoreFixture.New();
        var other = BlobId.Of([1]);
        var answer = await fixture.Store.AppendUploadAsync(Alice, other, _content.Length, 0, new MemoryStream(_content), default);
        Assert.Equal(FaultCodes.HashMismatch, answer.Fault?.Code);
        Assert.Null(await fixture.Store.FindUploadAsync(Alice, other, default));
        Assert.Null(await fixture.Store.SizeAsync(other, default));
        Assert.Equal(0, await fixture.Store.StoredBytesAsync(Alice, default));
    }

    [Fact]
    public async Task More_bytes_than_promised_are_refused_and_not_kept()
    {
        await using var fixture = StoreFixture.New();
        var answer = await fixture.Store.AppendUploadAsync(Alice, Id, 200_000, 0, new MemoryStream(_content), default);
        Assert.Equal(FaultCodes.Malformed, answer.Fault?.Code);
        Assert.Equal(0, (await fixture.Store.FindUploadAsync(Alice, Id, default))?.Offset);
    }

    [Fact]
    public async Task A_small_blob_may_come_as_an_upload()
    {
        await using var fixture = StoreFixture.New();
        byte[] small = [1, 2, 3];
        Assert.Equal(3, (await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(small), 3, 0, new MemoryStream(small), default)).Value);
        Assert.Equal(small, (await fixture.Store.ReadSmallAsync([BlobId.Of(small)], default))[0]);
        Assert.Empty(Directory.EnumerateFiles(fixture.Folder["uploads"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Unfinished_uploads_count_towards_the_quota()
    {
        await using var fixture = StoreFixture.New(quota: 400_000);
        Assert.True((await AppendAsync(fixture, 0, 10)).IsOk);
        var answer = await fixture.Store.BeginUploadAsync(Alice, BlobId.Of([1]), 200_000, default);
        Assert.Equal(FaultCodes.QuotaExceeded, answer.Fault?.Code);
    }

    [Fact]
    public async Task Repeating_the_last_piece_after_its_answer_was_lost_is_harmless()
    {
        await using var fixture = StoreFixture.New();
        await AppendAsync(fixture, 0, 300_000);
        Assert.Equal(300_000, (await AppendAsync(fixture, 200_000, 100_000)).Value);
        Assert.Equal(_content, await fixture.ReadAsync(Id));
    }

    [Fact]
    public async Task Uploads_that_nobody_continued_for_a_day_are_removed_at_start()
    {
        await using var fixture = StoreFixture.New();
        await AppendAsync(fixture, 0, 1000);
        fixture.Time.Advance(TimeSpan.FromHours(23));
        await fixture.RestartAsync();
        Assert.NotNull(await fixture.Store.FindUploadAsync(Alice, Id, default));
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await fixture.RestartAsync();
        Assert.Null(await fixture.Store.FindUploadAsync(Alice, Id, default));
    }

    private Task<Outcome<long>> AppendAsync(StoreFixture fixture, int offset, int count)
        => fixture.Store.AppendUploadAsync(Alice, Id, _content.Length, offset, new MemoryStream(_content, offset, count), default);

    /// <summary>Gives its content and then breaks, as a connection does.</summary>
    private sealed class CutStream(ReadOnlyMemory<byte> content) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _at; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_at == content.Length)
                throw new IOException("The connection was reset.");
            var taken = Math.Min(count, content.Length - _at);
            content.Slice(_at, taken).CopyTo(buffer.AsMemory(offset));
            _at += taken;
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
