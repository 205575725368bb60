using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Node.Blobs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Tests.Blobs;

/// <summary>Transfers that the hub sends past itself, with a scripted hub and store. The real ones meet in System.Tests/BucketSpecs.</summary>
public sealed class DirectTransferSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rx-direct-");
    private readonly Script _script = new();
    private readonly CipherSpool _spool;
    private readonly BlobTransfer _blobs;
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(100_000);

    public DirectTransferSpecs()
    {
        _spool = new CipherSpool(Path.Combine(_folder.FullName, "spool"));
        _blobs = new BlobTransfer(_script, _spool, TimeProvider.System);
        _blobs.SetBase("http://hub.test/");
    }

    public void Dispose()
    {
        _blobs.Dispose();
        _script.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_blob_is_read_from_where_the_hub_points()
    {
        _script.Answer = request => request.RequestUri!.Host == "hub.test" ? To("https://store.test/x") : Bytes(_content);
        await FetchAsync();
        Assert.Equal(["GET hub.test direct", "GET store.test"], _script.Seen);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_from_here_is_reached_through_the_hub()
    {
        _script.Answer = request => request.RequestUri!.Host != "hub.test" ? throw new HttpRequestException("no route")
            : request.Headers.Contains("Rxelon-Direct") ? To("https://store.test/x") : Bytes(_content);
        await FetchAsync();
        Assert.Equal(["GET hub.test direct", "GET store.test", "GET hub.test"], _script.Seen);
    }

    [Fact]
    public async Task Plain_http_to_another_machine_is_not_followed()
    {
        _script.Answer = request => request.Headers.Contains("Rxelon-Direct") ? To("http://store.test/x") : Bytes(_content);
        await FetchAsync();
        Assert.Equal(["GET hub.test direct", "GET hub.test"], _script.Seen);
    }

    [Fact]
    public async Task A_result_is_put_into_the_store_with_its_checksum_and_the_hub_is_told()
    {
        byte[]? arrived = null;
        string? checksum = null;
        _script.Answer = request =>
        {
            if (request.RequestUri!.Host == "hub.test")
                return request.Method == HttpMethod.Put ? To("https://store.test/x") : new HttpResponseMessage(HttpStatusCode.NoContent);
            arrived = request.Content!.ReadAsByteArrayAsync().GetAwaiter().GetResult();
            checksum = request.Headers.GetValues("x-amz-checksum-sha256").Single();
            return new HttpResponseMessage(HttpStatusCode.OK);
        };
        Assert.Null(await UploadAsync());
        Assert.Equal(["PUT hub.test direct", "PUT store.test", "POST hub.test"], _script.Seen);
        Assert.Equal(_content, arrived);
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(_content)), checksum);
    }

    [Fact]
    public async Task A_store_that_refuses_for_a_while_does_not_cost_the_result()
    {
        var refusals = 3;
        _script.Answer = request => request.Method == HttpMethod.Head ? new HttpResponseMessage(HttpStatusCode.OK)
            : request.RequestUri!.Host == "store.test" ? new HttpResponseMessage(refusals-- > 0 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK)
            : request.Method == HttpMethod.Post ? new HttpResponseMessage(HttpStatusCode.NoContent)
            : request.Headers.Contains("Rxelon-Direct") ? To("https://store.test/x")
            : refusals-- > 0
                ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent($"{{\"code\":\"{FaultCodes.BlobStoreUnavailable}\"}}") }
                : new HttpResponseMessage(HttpStatusCode.NoContent);
        Assert.Null(await UploadAsync());
    }

    private static HttpResponseMessage To(string url)
        => new(HttpStatusCode.TemporaryRedirect) { Headers = { Location = new Uri(url) } };

    private static HttpResponseMessage Bytes(byte[] content) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(content) };

    private async Task FetchAsync()
    {
        var blob = new Blob { Id = ByteString.CopyFrom(BlobId.Of(_content).ToDigest()), Size = _content.Length, Path = "/b/x?verb=GET" };
        using var fetched = (await _blobs.FetchAsync(blob, default)).Value;
        Assert.Equal(_content, fetched.ToArray());
    }

    private async Task<Fault?> UploadAsync()
    {
        using var writer = _spool.Create();
        writer.Write(_content);
        using var blob = writer.Finish();
        return await _blobs.UploadAsync("/b/x?verb=PUT", blob, default);
    }

    private sealed class Script : HttpMessageHandler
    {
        internal List<string> Seen { get; } = [];

        internal Func<HttpRequestMessage, HttpResponseMessage> Answer { get; set; } = _ => new HttpResponseMessage(HttpStatusCode.NotFound);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add($"{request.Method} {request.RequestUri!.Host}{(request.Headers.Contains("Rxelon-Direct") ? " direct" : "")}");
            return Task.FromResult(Answer(request));
        }
    }
}
