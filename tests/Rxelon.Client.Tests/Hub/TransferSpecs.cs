using System.Security.Cryptography;
using Rxelon.Client.Hub;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Tests.Hub;

public sealed class TransferSpecs : IAsyncLifetime
{
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(2_000_000);
    private FakeHub _hub = null!;
    private HubClient _client = null!;

    private BlobRef Blob => new(BlobId.Of(_content), _content.Length);

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _client = new HubClient(HubAddress.Parse(_hub.Url).Value, null, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_that_was_cut_goes_on_where_it_stopped()
    {
        _hub.CutUploadAfter = 1_000_000;
        var offsets = new List<long>();
        Assert.Null(await _client.Blobs.UploadAsync(Blob, new MemoryStream(_content), new Heard(offsets)));
        Assert.Equal(_content, _hub.Blobs[Blob.Id]);
        Assert.Contains(offsets, o => o is >= 1_000_000 and < 2_000_000);
        Assert.Equal(2, _hub.Requests.Count(r => r.StartsWith("PATCH", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_upload_of_what_the_hub_has_sends_nothing()
    {
        _hub.Blobs[Blob.Id] = _content;
        Assert.Null(await _client.Blobs.UploadAsync(Blob, new MemoryStream(_content)));
        Assert.DoesNotContain(_hub.Requests, r => r.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_upload_under_a_wrong_name_is_refused_and_not_repeated()
    {
        var wrong = new BlobRef(BlobId.Of("other"u8), _content.Length);
        Assert.Equal(FaultCodes.HashMismatch, (await _client.Blobs.UploadAsync(wrong, new MemoryStream(_content)))?.Code);
        Assert.Single(_hub.Requests, r => r.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_blob_goes_up_in_one_piece_and_tells_on_its_way()
    {
        var large = RandomNumberGenerator.GetBytes(20_000_000);
        var heard = new List<long>();
        Assert.Null(await _client.Blobs.UploadAsync(new BlobRef(BlobId.Of(large), large.Length), new MemoryStream(large), new Heard(heard)));
        Assert.Equal(large, _hub.Blobs[BlobId.Of(large)]);
        Assert.Equal(1, Pieces);
        Assert.True(heard.Count > 10, $"{heard.Count} reports");
        Assert.Equal(heard.Order(), heard);
        Assert.Equal(large.Length, heard[^1]);
    }

    [Theory]
    [InlineData(8 << 20, 3)]
    [InlineData(1 << 20, 22)]
    public async Task A_proxy_that_refuses_large_bodies_gets_small_ones(long largest, int pieces)
    {
        _hub.LargestPiece = largest;
        var large = RandomNumberGenerator.GetBytes(20_000_000);
        Assert.Null(await _client.Blobs.UploadAsync(new BlobRef(BlobId.Of(large), large.Length), new MemoryStream(large)));
        Assert.Equal(large, _hub.Blobs[BlobId.Of(large)]);
        Assert.InRange(Pieces, pieces, pieces + 2); // those that were refused are counted too
    }

    [Fact]
    public async Task A_proxy_that_takes_no_body_at_all_ends_the_upload()
    {
        _hub.LargestPiece = 1000;
        Assert.Equal(FaultCodes.TooLarge, (await _client.Blobs.UploadAsync(Blob, new MemoryStream(_content)))?.Code);
    }

    [Fact]
    public async Task A_proxy_that_gathers_a_body_and_loses_it_gets_small_ones()
    {
        _hub.LargestGathered = 8 << 20;
        var large = RandomNumberGenerator.GetBytes(20_000_000);
        Assert.Null(await _client.Blobs.UploadAsync(new BlobRef(BlobId.Of(large), large.Length), new MemoryStream(large)));
        Assert.Equal(large, _hub.Blobs[BlobId.Of(large)]);
        Assert.Equal(4, Pieces);
    }

    [Fact]
    public async Task The_content_is_read_onwards_and_goes_back_only_after_a_cut()
    {
        _hub.CutUploadAfter = 1_000_000;
        var content = new OneReader(_content);
        Assert.Null(await _client.Blobs.UploadAsync(Blob, content));
        Assert.Equal(_content, _hub.Blobs[Blob.Id]);
        Assert.Equal(1, content.Moves);
        Assert.False(content.WasDisturbed);
    }

    [Fact]
    public async Task An_upload_that_a_full_hub_keeps_refusing_ends_with_its_fault()
    {
        _hub.IsFull = true;
        using var hasty = new HubClient(HubAddress.Parse(_hub.Url).Value, null, new HastyTime());
        Assert.Equal(FaultCodes.StorageFull, (await hasty.Blobs.UploadAsync(Blob, new MemoryStream(_content)))?.Code);
    }

    [Fact]
    public async Task A_download_keeps_what_is_there_already()
    {
        _hub.Blobs[Blob.Id] = _content;
        var into = new MemoryStream();
        into.Write(_content.AsSpan(0, 1_500_000));
        var heard = new List<long>();
        Assert.Null(await _client.Blobs.DownloadAsync(Blob, into, new Heard(heard)));
        Assert.Equal(_content, into.ToArray());
        Assert.True(heard[0] > 1_500_000);
    }

    [Fact]
    public async Task A_download_of_other_bytes_is_found()
    {
        _hub.Blobs[Blob.Id] = RandomNumberGenerator.GetBytes(_content.Length);
        var into = new MemoryStream();
        Assert.Equal(FaultCodes.HashMismatch, (await _client.Blobs.DownloadAsync(Blob, into))?.Code);
        Assert.Equal(0, into.Length);
    }

    [Fact]
    public async Task Small_blobs_are_checked_one_by_one()
    {
        var ids = new[] { BlobId.Of("a"u8), BlobId.Of("b"u8) };
        Assert.Null(await _client.Blobs.StoreAsync([new("a"u8.ToArray()), new("b"u8.ToArray())]));
        Assert.Equal("b"u8.ToArray(), (await _client.Blobs.FetchAsync(ids)).Value[1].ToArray());
        _hub.Blobs[ids[1]] = "c"u8.ToArray();
        Assert.Equal(FaultCodes.HashMismatch, (await _client.Blobs.FetchAsync(ids)).Fault?.Code);
    }

    [Fact]
    public async Task What_may_be_repeated_is_repeated_and_the_rest_is_sent_once()
    {
        _hub.Failing = 2;
        Assert.True((await _client.InfoAsync()).IsOk);
        _hub.Failing = 1;
        var fault = (await _client.AddKeyAsync("x")).Fault;
        Assert.Equal((FaultCodes.Unavailable, true), (fault?.Code, fault?.Retryable));
        Assert.Single(_hub.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_a_fault_of_the_network()
    {
        await _hub.DisposeAsync();
        using var impatient = new HubClient(HubAddress.Parse(_hub.Url).Value, null, TimeProvider.System);
        var fault = (await impatient.AddKeyAsync("x")).Fault;
        Assert.Equal((FaultCodes.Unavailable, Culprit.Network), (fault?.Code, fault?.Culprit));
        _hub = await FakeHub.StartAsync();
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://[::1]:1", true)]
    [InlineData("http://localhost:1", true)]
    [InlineData("http://example.org", false)]
    [InlineData("http://127.0.0.1.example.org", false)]
    [InlineData("https://example.org", true)]
    [InlineData("https://example.org#abc", false)]
    [InlineData("https://user:secret@example.org", false)]
    [InlineData("ftp://example.org", false)]
    [InlineData("example", false)]
    public void Plain_http_goes_to_this_machine_only(string address, bool accepted)
        => Assert.Equal(accepted, HubAddress.Parse(address).IsOk);

    private int Pieces => _hub.Requests.Count(r => r.StartsWith("PATCH", StringComparison.Ordinal));

    /// <summary>Notices when it is read by two at once or moved while somebody reads.</summary>
    private sealed class OneReader(byte[] content) : MemoryStream(content)
    {
        private int _reading;

        internal int Moves { get; private set; }

        internal bool WasDisturbed { get; private set; }

        public override long Position
        {
            get => base.Position;
            set
            {
                Moves++;
                WasDisturbed |= Volatile.Read(ref _reading) > 0;
                base.Position = value;
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            WasDisturbed |= Interlocked.Increment(ref _reading) > 1;
            await Task.Yield();
            var read = Read(buffer.Span);
            Interlocked.Decrement(ref _reading);
            return read;
        }
    }

    /// <summary>Waits a thousandth of what it is asked to.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period);
    }

    private sealed class Heard(List<long> values) : IProgress<long>
    {
        public void Report(long value) => values.Add(value);
    }
}
