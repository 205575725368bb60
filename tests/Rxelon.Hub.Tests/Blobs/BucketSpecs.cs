using System.Net;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>Large blobs in an S3 store, against a real server.</summary>
public sealed class BucketSpecs : IAsyncLifetime
{
    private const int Size = 200_000;
    private static readonly AccountId Alice = StoreFixture.Account(1);
    private static readonly AccountId Bob = StoreFixture.Account(2);
    private readonly HttpClient _http = new();
    private S3Server _s3 = null!;

    public async Task InitializeAsync() => _s3 = await S3Server.StartAsync();

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _s3.DisposeAsync();
    }

    [Fact]
    public async Task Large_blobs_are_objects_and_small_ones_are_not()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var (large, small) = (StoreFixture.Bytes(Size), StoreFixture.Bytes(100));
        await fixture.Store.PutSmallAsync(Alice, [small], default);
        Assert.Equal(Size, (await StoreAsync(fixture, Alice, large)).Value);

        Assert.StartsWith("hub1/blobs/", Assert.Single(_s3.Objects), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(fixture.Folder["blobs"], "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(fixture.Folder["uploads"], "*", SearchOption.AllDirectories));
        await fixture.RestartAsync();
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));
        Assert.Equal(small, await fixture.ReadAsync(BlobId.Of(small)));
        await using var middle = (await fixture.Store.OpenAsync(BlobId.Of(large), default))!;
        middle.Position = Size - 10;
        var end = new byte[10];
        await middle.ReadExactlyAsync(end);
        Assert.Equal(large[^10..], end);
    }

    [Fact]
    public async Task An_object_goes_with_its_last_owner_even_when_the_store_was_away_then()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var large = StoreFixture.Bytes(Size);
        await StoreAsync(fixture, Alice, large);
        await StoreAsync(fixture, Bob, large);
        await fixture.Store.ReleaseAsync(Alice, [BlobId.Of(large)], default);
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));

        await _s3.StopAsync();
        await fixture.Store.ReleaseAllAsync(Bob, default);
        Assert.Null(await fixture.Store.SizeAsync(BlobId.Of(large), default));
        await _s3.StartAgainAsync();
        await fixture.RestartAsync();

        await GoneAsync();
    }

    [Fact]
    public async Task An_upload_goes_on_where_it_was_when_the_store_is_back()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var large = StoreFixture.Bytes(Size);
        Assert.Null(await fixture.Store.ProbeAsync(default));
        await _s3.StopAsync();

        var fault = (await StoreAsync(fixture, Alice, large)).Fault!;
        Assert.Equal((FaultCodes.BlobStoreUnavailable, true), (fault.Code, fault.Retryable));
        Assert.Equal(FaultCodes.BlobStoreUnavailable, (await fixture.Store.ProbeAsync(default))!.Code);
        Assert.Empty(await fixture.Store.OwnedAsync(Alice, [BlobId.Of(large)], default));
        Assert.DoesNotContain(S3Server.Key, fault.Message, StringComparison.Ordinal);

        await _s3.StartAgainAsync();
        var stands = (await fixture.Store.FindUploadAsync(Alice, BlobId.Of(large), default))!.Value.Offset;
        Assert.Equal(Size - 1, stands);
        var stored = await fixture.Store.AppendUploadAsync(Alice, BlobId.Of(large), Size, stands, new MemoryStream(large, (int)stands, 1), default);
        Assert.Equal(Size, stored.Value);
        Assert.Equal(large, await fixture.ReadAsync(BlobId.Of(large)));
    }

    [Fact]
    public async Task A_blob_that_cannot_be_read_now_says_so()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var large = StoreFixture.Bytes(Size);
        await StoreAsync(fixture, Alice, large);
        await _s3.StopAsync();
        var e = await Assert.ThrowsAsync<BlobStoreException>(() => fixture.Store.OpenAsync(BlobId.Of(large), default));
        Assert.Equal((FaultCodes.BlobStoreUnavailable, true), (e.Fault.Code, e.Fault.Retryable));
    }

    [Fact]
    public async Task What_is_put_past_the_hub_becomes_a_blob_once_its_hash_was_checked()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var large = StoreFixture.Bytes(Size);
        var id = BlobId.Of(large);
        var url = (await fixture.Store.DirectWriteAsync(Alice, id, Size, default)).Value!;
        Assert.Equal(FaultCodes.NotFound, (await fixture.Store.FinishDirectAsync(Alice, id, Size, default))!.Code);
        Assert.Equal(HttpStatusCode.OK, await PutAsync(url, large, id));
        Assert.Null(await fixture.Store.SizeAsync(id, default));

        Assert.Null(await fixture.Store.FinishDirectAsync(Alice, id, Size, default));
        Assert.Null(await fixture.Store.FinishDirectAsync(Alice, id, Size, default));

        Assert.Equal(Size, (await fixture.Store.OwnedAsync(Alice, [id], default))[id]);
        Assert.Equal(large, await _http.GetByteArrayAsync(await fixture.Store.DirectReadAsync(id, default)));
        Assert.Empty(await fixture.Store.OwnedAsync(Bob, [id], default));
        await Eventually.Async(() => Task.FromResult(_s3.Objects), left => left is [var one] && one.StartsWith("hub1/blobs/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_bytes_than_promised_never_become_a_blob()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var (promised, other) = (StoreFixture.Bytes(Size), StoreFixture.Bytes(Size));
        var id = BlobId.Of(promised);
        await PutAsync((await fixture.Store.DirectWriteAsync(Alice, id, Size, default)).Value!, other, id);
        Assert.Equal(FaultCodes.HashMismatch, (await fixture.Store.FinishDirectAsync(Alice, id, Size, default))!.Code);
        await PutAsync((await fixture.Store.DirectWriteAsync(Alice, id, Size, default)).Value!, promised[1..], id);
        Assert.Equal(FaultCodes.HashMismatch, (await fixture.Store.FinishDirectAsync(Alice, id, Size, default))!.Code);

        // Having the name of somebody else's blob is not having its bytes.
        await StoreAsync(fixture, Bob, promised);
        Assert.Equal(FaultCodes.HashMismatch, (await fixture.Store.FinishDirectAsync(Alice, id, Size, default))!.Code);
        Assert.Equal(promised, await fixture.ReadAsync(id));
    }

    [Fact]
    public async Task A_presigned_url_opens_nothing_else()
    {
        await using var fixture = StoreFixture.InBucket(_s3);
        var large = StoreFixture.Bytes(Size);
        await StoreAsync(fixture, Alice, large);
        var url = (await fixture.Store.DirectReadAsync(BlobId.Of(large), default))!;
        var other = new Uri(url.AbsoluteUri.Replace("/hub1/blobs/", "/hub1/blobz/", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Forbidden, (await _http.GetAsync(other)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _http.DeleteAsync(url)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(url, large, BlobId.Of(large)));
        var next = StoreFixture.Bytes(Size);
        var write = (await fixture.Store.DirectWriteAsync(Alice, BlobId.Of(next), Size, default)).Value!;
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(write, large, BlobId.Of(large)));
    }

    [Fact]
    public async Task What_the_quota_refused_leaves_no_object()
    {
        await using var fixture = StoreFixture.InBucket(_s3, quota: Size + 1000);
        var (first, second) = (StoreFixture.Bytes(Size), StoreFixture.Bytes(Size));
        var url = (await fixture.Store.DirectWriteAsync(Alice, BlobId.Of(second), Size, default)).Value!;
        await StoreAsync(fixture, Alice, first);
        Assert.Equal(FaultCodes.QuotaExceeded, (await fixture.Store.DirectWriteAsync(Alice, BlobId.Of(second), Size, default)).Fault!.Code);
        await PutAsync(url, second, BlobId.Of(second));
        Assert.Equal(FaultCodes.QuotaExceeded, (await fixture.Store.FinishDirectAsync(Alice, BlobId.Of(second), Size, default))!.Code);

        fixture.Time.Advance(TimeSpan.FromDays(2)); // what was put past the hub and never finished is kept for a day
        await fixture.RestartAsync();
        await Eventually.Async(() => Task.FromResult(_s3.Objects), left => left.Count == 1);
        Assert.Equal(first, await fixture.ReadAsync(BlobId.Of(first)));
    }

    [Fact]
    public void Credentials_come_from_a_private_file_or_the_environment_and_are_never_shown()
    {
        using var folder = new DataFolder();
        var options = new HubOptions { DataDirectory = folder.Path, Blobs = "s3", S3Endpoint = "https://s3.example.org", S3Bucket = "b" };
        Assert.Empty(HubOptionsRules.Check(options));
        var settings = S3Settings.Of(options, name => name == "AWS_SESSION_TOKEN" ? null : "hidden")!;
        Assert.DoesNotContain("hidden", settings.ToString(), StringComparison.Ordinal);
        Assert.Contains("AWS_ACCESS_KEY_ID", Assert.Throws<InvalidDataException>(() => S3Settings.Of(options, _ => null)).Message, StringComparison.Ordinal);

        options.S3CredentialsFile = folder["s3"];
        File.WriteAllText(folder["s3"], "[default]\naws_access_key_id = a\naws_secret_access_key = b=\n");
        File.SetUnixFileMode(folder["s3"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(() => S3Settings.Of(options, _ => null)).Message, StringComparison.Ordinal);
        File.SetUnixFileMode(folder["s3"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(("a", "b="), S3Settings.Of(options, _ => null) is { } read ? (read.AccessKey, read.SecretKey) : default);
        Assert.Contains(
            HubOptionsRules.Check(new HubOptions { DataDirectory = folder.Path, Blobs = "s3", S3Endpoint = "http://s3.example.org" }),
            finding => finding.StartsWith("Hub:S3Endpoint: plain http", StringComparison.Ordinal));
    }

    private static Task<Outcome<long>> StoreAsync(StoreFixture fixture, AccountId owner, byte[] blob)
        => fixture.Store.AppendUploadAsync(owner, BlobId.Of(blob), blob.Length, 0, new MemoryStream(blob), default);

    private async Task<HttpStatusCode> PutAsync(Uri url, byte[] content, BlobId id)
    {
        using var body = new ByteArrayContent(content);
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = body };
        request.Headers.Add("x-amz-checksum-sha256", Convert.ToBase64String(id.ToDigest()));
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private Task GoneAsync() => Eventually.Async(() => Task.FromResult(_s3.Objects), left => left.Count == 0);
}
