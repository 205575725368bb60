using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Tests.Blobs;

/// <summary>Blobs that are read while they come, from a scripted server. The real one is in System.Tests.</summary>
public sealed class ArrivingBlobSpecs : IDisposable
{
    private const int Size = 5_000_000;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rx-arriving-");
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly Server _server = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(Size);

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Its_bytes_are_those_that_were_sent_and_none_of_them_is_on_the_disk(bool blocking)
    {
        _server.Answer = _ => Whole(_content);
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);

        Assert.Empty(_server.Seen);
        var first = new byte[1];
        arriving.ReadExactly(first);
        Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories));
        Assert.Equal(_content, (byte[])[.. first, .. blocking ? ReadAll(arriving) : await ReadAllAsync(arriving)]);
        Assert.True(arriving.IsWhole);
        Assert.Null(await arriving.FinishAsync());
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_goes_on_where_it_stopped()
    {
        _server.Answer = request => request.Headers.Range?.Ranges.Single().From switch
        {
            null => Whole(_content[..1_000_001], breaks: true),
            1_000_001 => Rest(1_000_001, 3_000_000), // ends too early
            3_000_000 => Rest(3_000_000, Size),
            _ => new HttpResponseMessage(HttpStatusCode.BadRequest),
        };
        using var blobs = Blobs(TimeProvider.System);
        await using var arriving = blobs.Arrive(Blob(_content), default);

        Assert.Equal(_content, await ReadAllAsync(arriving));
        Assert.Equal(["GET direct", "GET bytes=1000001-", "GET bytes=3000000- direct"], _server.Seen);
    }

    [Fact]
    public async Task A_real_connection_that_is_cut_goes_on_where_it_stopped()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var handler = new SocketsHttpHandler();
        using var blobs = new BlobTransfer(handler, new CipherSpool(Path.Combine(_folder.FullName, "spool")), TimeProvider.System);
        blobs.SetBase($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        await using var arriving = blobs.Arrive(Blob(_content), default);
        var reading = ReadAllAsync(arriving);

        var first = await AnswerAsync(listener, $"200 OK\r\nContent-Length: {Size}", _content[..2_222_222]);
        var second = await AnswerAsync(listener, $"206 Partial Content\r\nContent-Length: {Size - 2_222_222}", _content[2_222_222..]);

        Assert.Equal(_content, await reading);
        Assert.DoesNotContain("Range", first, StringComparison.Ordinal);
        Assert.Contains("Range: bytes=2222222-", second, StringComparison.Ordinal);
    }

    /// <summary>Takes one request, gives these bytes and ends the connection.</summary>
    private static async Task<string> AnswerAsync(TcpListener listener, string head, byte[] body)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = await listener.AcceptTcpClientAsync(late.Token);
        var stream = client.GetStream();
        var request = "";
        for (var buffer = new byte[4096]; !request.Contains("\r\n\r\n", StringComparison.Ordinal);)
            request += Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, late.Token));
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\n\r\n"), late.Token);
        await stream.WriteAsync(body, late.Token);
        return request;
    }

    [Fact]
    public async Task A_server_that_begins_anew_is_listened_to_from_where_it_stopped()
    {
        _server.Answer = request => Whole(request.Headers.Range is null ? _content[..1_234_567] : _content);
        using var blobs = Blobs(TimeProvider.System);
        await using var arriving = blobs.Arrive(Blob(_content), default);

        Assert.Equal(_content, await ReadAllAsync(arriving));
    }

    [Theory]
    [InlineData(Size - 1)]
    [InlineData(Size / 2)]
    [InlineData(0)]
    public async Task With_one_byte_altered_its_end_is_never_reported(int at)
    {
        var altered = (byte[])_content.Clone();
        altered[at] ^= 1;
        _server.Answer = _ => Whole(altered);
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);

        var fault = (await Assert.ThrowsAsync<ArrivalException>(() => ReadAllAsync(arriving))).Fault;
        Assert.Equal((FaultCodes.HashMismatch, Culprit.Network, true), (fault.Code, fault.Culprit, fault.Retryable));
        Assert.Throws<ArrivalException>(() => arriving.Read(new byte[1]));
        Assert.Equal(fault, await arriving.FinishAsync());
        Assert.False(arriving.IsWhole);
    }

    [Fact]
    public async Task A_longer_one_is_refused_as_soon_as_it_is_too_long()
    {
        var endless = new Endless();
        _server.Answer = _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) };
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);

        Assert.Equal(FaultCodes.HashMismatch, (await Assert.ThrowsAsync<ArrivalException>(() => ReadAllAsync(arriving))).Fault.Code);
        Assert.Equal(Size + 1, endless.Given);
    }

    [Fact]
    public async Task A_shorter_one_is_asked_for_again_and_given_up_as_always()
    {
        _server.Answer = request => request.Headers.Range is { } range
            ? Rest((int)range.Ranges.Single().From!, Size - 7) : Whole(_content[..^7]);
        using var blobs = Blobs(TimeProvider.System);
        await using var arriving = blobs.Arrive(Blob(_content), default);

        var fault = (await Assert.ThrowsAsync<ArrivalException>(() => ReadAllAsync(arriving))).Fault;
        Assert.Equal((FaultCodes.Unavailable, Culprit.Network), (fault.Code, fault.Culprit));
        Assert.Equal(6, _server.Seen.Count);
    }

    [Fact]
    public async Task One_that_the_hub_has_lost_is_missing()
    {
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);

        Assert.Equal(FaultCodes.BlobMissing, (await Assert.ThrowsAsync<ArrivalException>(() => ReadAllAsync(arriving))).Fault.Code);
    }

    [Fact]
    public async Task A_slow_reader_holds_the_transfer_up_in_little_memory_and_is_not_taken_for_the_servers_silence()
    {
        var endless = new Endless();
        _server.Answer = _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) };
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);
        await arriving.ReadExactlyAsync(new byte[1]);
        await endless.AtRestAsync();

        Assert.InRange(endless.Given, 1, 2_000_000);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(FaultCodes.HashMismatch, (await Assert.ThrowsAsync<ArrivalException>(() => ReadAllAsync(arriving))).Fault.Code);
        Assert.Single(_server.Seen);
    }

    [Fact]
    public async Task What_was_not_read_still_decides_whether_it_is_the_blob_that_was_named()
    {
        _server.Answer = _ => Whole(_content);
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), default);
        await arriving.ReadExactlyAsync(new byte[10]);

        Assert.Null(await arriving.FinishAsync());
        Assert.True(arriving.IsWhole);
    }

    [Fact]
    public async Task Giving_up_ends_reading_and_transfer()
    {
        using var cancel = new CancellationTokenSource();
        _server.Answer = _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Mute()) };
        using var blobs = Blobs();
        await using var arriving = blobs.Arrive(Blob(_content), cancel.Token);
        var reading = Task.Run(() => arriving.Read(new byte[1]));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public void Only_what_is_large_and_not_here_comes_while_it_is_read()
    {
        Assert.True(ArrivingBlob.IsFor(Blob(_content)));
        Assert.False(ArrivingBlob.IsFor(Blob(_content[..CipherSpool.MemoryLimit])));
        Assert.False(ArrivingBlob.IsFor(new Blob { Size = Size, Inline = ByteString.CopyFrom(1) }));
    }

    private static Blob Blob(byte[] content) => new() { Id = ByteString.CopyFrom(BlobId.Of(content).ToDigest()), Size = content.Length, Path = "/b/x" };

    private static byte[] ReadAll(Stream stream)
    {
        using var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private static HttpResponseMessage Whole(byte[] content, bool breaks = false)
        => new(HttpStatusCode.OK) { Content = new StreamContent(new Breaking(content, breaks)) };

    private HttpResponseMessage Rest(int from, int to)
    {
        var response = new HttpResponseMessage(HttpStatusCode.PartialContent) { Content = new ByteArrayContent(_content[from..to]) };
        response.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, Size - 1, Size);
        return response;
    }

    private BlobTransfer Blobs(TimeProvider? time = null)
    {
        var blobs = new BlobTransfer(_server, new CipherSpool(Path.Combine(_folder.FullName, "spool")), time ?? _time);
        blobs.SetBase("http://hub.test/");
        return blobs;
    }

    private sealed class Server : HttpMessageHandler
    {
        internal List<string> Seen { get; } = [];

        internal Func<HttpRequestMessage, HttpResponseMessage> Answer { get; set; } = _ => new HttpResponseMessage(HttpStatusCode.NotFound);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add($"GET {request.Headers.Range} {(request.Headers.Contains("Rxelon-Direct") ? "direct" : "")}".Replace("  ", " ", StringComparison.Ordinal).Trim());
            return Task.FromResult(Answer(request));
        }
    }

    /// <summary>Gives pieces of uneven size, as networks do.</summary>
    private sealed class Breaking(byte[] content, bool breaks) : ReadOnlyStream
    {
        private int _at;

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            if (_at == content.Length && breaks)
                throw new IOException("The connection was reset.");
            var size = Math.Min(Math.Min(buffer.Length, content.Length - _at), 7_919 + (_at % 90_000));
            content.AsSpan(_at, size).CopyTo(buffer);
            _at += size;
            return size;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }

    private sealed class Endless : ReadOnlyStream
    {
        private readonly SemaphoreSlim _read = new(0);

        public override bool CanRead => true;

        internal long Given { get; private set; }

        /// <summary>Nobody has read for a while.</summary>
        internal async Task AtRestAsync()
        {
            while (await _read.WaitAsync(TimeSpan.FromMilliseconds(500)))
            {
            }
        }

        public override int Read(Span<byte> buffer)
        {
            Given += buffer.Length;
            _read.Release();
            return buffer.Length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }

    private sealed class Mute : ReadOnlyStream
    {
        public override bool CanRead => true;

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
