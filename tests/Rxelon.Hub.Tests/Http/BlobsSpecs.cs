using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

[Collection(HubCollection.Name)]
public sealed class BlobsSpecs(RunningHub hub)
{
    private static readonly (string, string) Tus = ("Tus-Resumable", "1.0.0");

    [Fact]
    public async Task A_pack_is_stored_and_fetched_in_order()
    {
        using var user = await hub.NewUserAsync(0);
        byte[][] blobs = [Bytes(10), Bytes(32 * 1024), Bytes(1)];
        var stored = await user.StoreAsync(blobs);
        Assert.Equal(blobs.Select(b => BlobId.Of(b)), stored.Select(s => s.Id));
        var pack = await user.PostAsync("/v1/blobs/fetch", new FetchRequest([stored[2].Id, stored[0].Id]));
        Assert.Equal([blobs[2], blobs[0]], BlobPack.Read(pack.AssertStatus(200).Body).Select(b => b.ToArray()));
    }

    [Fact]
    public async Task Others_blobs_are_not_found_and_missing_ones_neither()
    {
        using var owner = await hub.NewUserAsync(0);
        using var stranger = await hub.NewUserAsync(0);
        var stored = (await owner.StoreAsync(Bytes(50)))[0];
        (await owner.GetAsync($"/v1/blobs/{stored.Id}")).AssertStatus(200);
        (await stranger.GetAsync($"/v1/blobs/{stored.Id}")).AssertProblem(404, FaultCodes.NotFound);
        (await stranger.SendAsync(HttpMethod.Head, $"/v1/blobs/{stored.Id}")).AssertStatus(404);
        (await stranger.PostAsync("/v1/blobs/fetch", new FetchRequest([stored.Id]))).AssertProblem(404, FaultCodes.NotFound);
        (await owner.GetAsync("/v1/blobs/nonsense")).AssertProblem(400, FaultCodes.Malformed);
    }

    [Fact]
    public async Task A_truncated_pack_is_malformed_and_stores_nothing()
    {
        using var user = await hub.NewUserAsync(0);
        var blob = Bytes(100);
        var content = new ByteArrayContent(BlobPack.Write([blob])[..^1]);
        content.Headers.ContentType = new MediaTypeHeaderValue(BlobPack.MediaType);
        (await user.SendAsync(HttpMethod.Post, "/v1/blobs/pack", content)).AssertProblem(400, FaultCodes.Malformed);
        (await user.GetAsync($"/v1/blobs/{BlobId.Of(blob)}")).AssertStatus(404);
    }

    [Fact]
    public async Task An_upload_survives_a_cut_and_goes_on_where_it_stopped()
    {
        using var user = await hub.NewUserAsync(0);
        var content = Bytes(1_000_000);
        var path = $"/v1/uploads/{BlobId.Of(content)}";
        (await user.SendAsync(HttpMethod.Head, path, null, Tus)).AssertStatus(404);
        var begun = await user.SendAsync(HttpMethod.Post, path, null, Tus, ("Upload-Length", "1000000"));
        Assert.Equal(path, begun.AssertStatus(201).Response.Headers.Location?.ToString());

        // A reset can overtake all that was sent before it: then nothing arrived, and the line is cut once more.
        var offset = await Eventually.Async(CutAsync, o => o > 0);
        Assert.True(offset < 1_000_000, $"{offset}");

        (await user.SendAsync(HttpMethod.Patch, path, Piece(content, 0, 10), Tus, ("Upload-Offset", "5"))).AssertProblem(409, FaultCodes.Conflict);
        // The hub may not have noticed yet that the line is cut; it says so, and more of what was sent may have arrived meanwhile.
        var done = await Eventually.Async(GoOnAsync, a => a.Status != 409);
        Assert.Equal("1000000", Header(done.AssertStatus(204), "Upload-Offset"));
        Assert.Equal(content, (await user.GetAsync($"/v1/blobs/{BlobId.Of(content)}")).Body);

        async Task<Answer> GoOnAsync()
        {
            var from = await OffsetAsync(user, path);
            return await user.SendAsync(HttpMethod.Patch, path, Piece(content, (int)from), Tus, ("Upload-Offset", $"{from}"));
        }

        async Task<long> CutAsync()
        {
            if (await OffsetAsync(user, path) is > 0 and var arrived)
                return arrived;
            await Assert.ThrowsAnyAsync<Exception>(() => user.SendAsync(
                HttpMethod.Patch, path, new BreakingContent(content, 600_000), Tus, ("Upload-Offset", "0")));
            return await OffsetAsync(user, path);
        }
    }

    [Fact]
    public async Task A_range_of_a_large_blob_can_be_read()
    {
        using var user = await hub.NewUserAsync(0);
        var content = Bytes(100_000);
        await UploadAsync(user, content);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/blobs/{BlobId.Of(content)}");
        request.Headers.Range = new RangeHeaderValue(99_000, null);
        var answer = await Answer.OfAsync(user.Http.SendAsync(request));
        Assert.Equal(content[99_000..], answer.AssertStatus((int)HttpStatusCode.PartialContent).Body);
        var head = await user.SendAsync(HttpMethod.Head, $"/v1/blobs/{BlobId.Of(content)}");
        Assert.Equal(100_000, head.AssertStatus(200).Response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_wrong_hash_or_an_overlong_piece_is_refused()
    {
        using var user = await hub.NewUserAsync(0);
        var content = Bytes(50_000);
        var path = $"/v1/uploads/{BlobId.Of(Bytes(5))}";
        (await user.SendAsync(HttpMethod.Patch, path, Piece(content, 0), Tus, ("Upload-Offset", "0"), ("Upload-Length", "50000")))
            .AssertProblem(422, FaultCodes.HashMismatch);
        (await user.SendAsync(HttpMethod.Head, path, null, Tus)).AssertStatus(404);
        (await user.SendAsync(HttpMethod.Patch, path, Piece(content, 0), Tus, ("Upload-Offset", "0"), ("Upload-Length", "49999")))
            .AssertProblem(413, FaultCodes.TooLarge);
    }

    [Fact]
    public async Task Uploads_need_the_version_a_length_and_room()
    {
        using var user = await hub.NewUserAsync(0);
        var path = $"/v1/uploads/{BlobId.Of(Bytes(5))}";
        (await user.SendAsync(HttpMethod.Post, path, null, ("Upload-Length", "5"))).AssertStatus(412);
        (await user.SendAsync(HttpMethod.Post, path, null, Tus)).AssertProblem(400, FaultCodes.Malformed, "Upload-Length");
        (await user.SendAsync(HttpMethod.Post, path, null, Tus, ("Upload-Length", $"{hub.Options.MaxPartBytes + 1}"))).AssertProblem(413, FaultCodes.TooLarge);
        (await user.SendAsync(HttpMethod.Patch, path, Piece(Bytes(5), 0), Tus, ("Upload-Offset", "0"))).AssertProblem(404, FaultCodes.NotFound);
        var options = await user.SendAsync(HttpMethod.Options, path);
        Assert.Equal("creation", Header(options.AssertStatus(204), "Tus-Extension"));
    }

    [Fact]
    public async Task An_account_stores_no_more_than_its_quota()
    {
        using var user = await hub.NewUserAsync(0);
        await UploadAsync(user, Bytes(4 << 20));
        await UploadAsync(user, Bytes((4 << 20) - 1000));
        var path = $"/v1/uploads/{BlobId.Of(Bytes(5))}";
        (await user.SendAsync(HttpMethod.Post, path, null, Tus, ("Upload-Length", "2000"))).AssertProblem(403, FaultCodes.QuotaExceeded);
        var content = new ByteArrayContent(BlobPack.Write([Bytes(2000)]));
        content.Headers.ContentType = new MediaTypeHeaderValue(BlobPack.MediaType);
        (await user.SendAsync(HttpMethod.Post, "/v1/blobs/pack", content)).AssertProblem(403, FaultCodes.QuotaExceeded);
    }

    [Fact]
    public async Task A_capability_reads_its_blob_and_nothing_else()
    {
        using var user = await hub.NewUserAsync(0);
        var (mine, other) = (Bytes(100), Bytes(100));
        await user.StoreAsync(mine, other);
        var path = Urls.Get(new BlobRef(BlobId.Of(mine), 100), TimeSpan.FromMinutes(1));
        Assert.Equal(mine, (await Plain(HttpMethod.Get, path)).AssertStatus(200).Body);
        (await Plain(HttpMethod.Get, path.Replace(BlobId.Of(mine).ToString(), BlobId.Of(other).ToString(), StringComparison.Ordinal)))
            .AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Put, path, mine)).AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Get, path.Replace("verb=GET", "verb=PUT", StringComparison.Ordinal))).AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Get, path[..^1] + (path[^1] == '0' ? '1' : '0'))).AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Get, $"/b/{BlobId.Of(mine)}")).AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Get, Urls.Get(new BlobRef(BlobId.Of(mine), 100), TimeSpan.FromSeconds(-1)))).AssertProblem(403, FaultCodes.TokenExpired);
        Assert.DoesNotContain("sig=", hub.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capability_stores_its_blob_for_its_owner_even_in_two_attempts()
    {
        using var user = await hub.NewUserAsync(0);
        var content = Bytes(800_000);
        var path = Urls.Put(user.Account, new BlobRef(BlobId.Of(content), content.Length), TimeSpan.FromMinutes(1));
        (await Plain(HttpMethod.Get, path)).AssertProblem(403, FaultCodes.Forbidden);
        (await Plain(HttpMethod.Put, path, Bytes(800_001))).AssertProblem(413, FaultCodes.TooLarge);
        (await Plain(HttpMethod.Put, path, content[..400_000])).AssertProblem(400, FaultCodes.Malformed);
        var arrived = Header((await Plain(HttpMethod.Head, path)).AssertStatus(200), "Upload-Offset");
        Assert.Equal("400000", arrived);
        (await Plain(HttpMethod.Put, path, content)).AssertStatus(204);
        (await Plain(HttpMethod.Put, path, content)).AssertStatus(204);
        Assert.Equal(content, (await user.GetAsync($"/v1/blobs/{BlobId.Of(content)}")).Body);
        using var stranger = await hub.NewUserAsync(0);
        (await stranger.GetAsync($"/v1/blobs/{BlobId.Of(content)}")).AssertStatus(404);
    }

    [Fact]
    public async Task A_capability_does_not_store_other_bytes()
    {
        using var user = await hub.NewUserAsync(0);
        var content = Bytes(40_000);
        var path = Urls.Put(user.Account, new BlobRef(BlobId.Of(content), content.Length), TimeSpan.FromMinutes(1));
        (await Plain(HttpMethod.Put, path, Bytes(40_000))).AssertProblem(422, FaultCodes.HashMismatch);
        (await user.GetAsync($"/v1/blobs/{BlobId.Of(content)}")).AssertStatus(404);
    }

    private ICapabilityUrls Urls => hub.Host.Services.GetRequiredService<ICapabilityUrls>();

    private static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    private static string Header(Answer answer, string name) => answer.Response.Headers.GetValues(name).Single();

    private static ByteArrayContent Piece(byte[] content, int from, int count = -1)
    {
        var piece = new ByteArrayContent(content, from, count < 0 ? content.Length - from : count);
        piece.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return piece;
    }

    private static async Task<long> OffsetAsync(TestUser user, string path)
        => long.Parse(Header((await user.SendAsync(HttpMethod.Head, path, null, Tus)).AssertStatus(200), "Upload-Offset"));

    private static async Task UploadAsync(TestUser user, byte[] content)
        => (await user.SendAsync(
            HttpMethod.Patch, $"/v1/uploads/{BlobId.Of(content)}", Piece(content, 0), Tus, ("Upload-Offset", "0"), ("Upload-Length", $"{content.Length}")))
            .AssertStatus(204);

    private Task<Answer> Plain(HttpMethod method, string path, byte[]? body = null)
        => Answer.OfAsync(hub.Http.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : new ByteArrayContent(body) }));

    /// <summary>Promises everything, sends a part, and breaks the connection.</summary>
    private sealed class BreakingContent : HttpContent
    {
        private readonly byte[] _content;
        private readonly int _after;

        internal BreakingContent(byte[] content, int after)
        {
            _content = content;
            _after = after;
            Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
            Headers.ContentLength = content.Length;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_content.AsMemory(0, _after));
            await stream.FlushAsync();
            throw new IOException("The cable was pulled.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _content.Length;
            return true;
        }
    }
}
