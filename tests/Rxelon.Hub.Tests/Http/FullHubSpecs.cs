using System.Security.Cryptography;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Http;

/// <summary>A whole hub whose disk has less room than it keeps for itself.</summary>
public sealed class FullHubSpecs : IAsyncLifetime
{
    private readonly RunningHub _hub = new();

    public Task InitializeAsync()
    {
        _hub.Options.DiskReserveBytes = long.MaxValue;
        return _hub.InitializeAsync();
    }

    public Task DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task It_takes_no_uploads_says_so_and_goes_on_writing_its_journal()
    {
        using var user = await _hub.NewUserAsync(7); // an account and a grant: events
        var blob = RandomNumberGenerator.GetBytes(50_000);
        var begun = await user.SendAsync(
            HttpMethod.Post, $"/v1/uploads/{BlobId.Of(blob)}", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{blob.Length}"));
        Assert.True(begun.AssertProblem(507, FaultCodes.StorageFull).Retryable);
        var pack = new ByteArrayContent(BlobPack.Write([new byte[10]]));
        pack.Headers.ContentType = new(BlobPack.MediaType);
        (await user.SendAsync(HttpMethod.Post, "/v1/blobs/pack", pack)).AssertProblem(507, FaultCodes.StorageFull);

        Assert.Equal(new Tokens(7 * Tokens.PerToken), (await user.GetAsync("/v1/account")).AssertStatus(200).Read<AccountResponse>().Available);
        var health = (await user.GetAsync("/health/ready")).AssertStatus(200).Read<HealthInfo>();
        Assert.Equal("ok", health.Checks["disk"]);
        Assert.Contains("nothing more is stored", health.Checks["uploads"], StringComparison.Ordinal);
        Assert.Contains("are kept for the journal", _hub.Log, StringComparison.Ordinal);
    }
}
