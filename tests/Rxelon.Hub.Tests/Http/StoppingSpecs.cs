using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Tests.Http;

/// <summary>A hub that is told to stop while a large body is under way.</summary>
public sealed class StoppingSpecs : IAsyncLifetime
{
    private static readonly (string, string) Tus = ("Tus-Resumable", "1.0.0");
    private readonly RunningHub _hub = new();

    public Task InitializeAsync() => _hub.InitializeAsync();

    public Task DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task It_keeps_what_has_arrived_and_does_not_wait_for_the_rest()
    {
        using var user = await _hub.NewUserAsync(0);
        var content = RandomNumberGenerator.GetBytes(1_000_000);
        var path = $"/v1/uploads/{BlobId.Of(content)}";
        using var slow = new CancellationTokenSource();
        var sending = user.Http.SendAsync(
            new HttpRequestMessage(HttpMethod.Patch, path)
            {
                Content = new HaltingContent(content, 600_000, slow.Token),
                Headers = { { Tus.Item1, Tus.Item2 }, { "Upload-Offset", "0" }, { "Upload-Length", "1000000" } },
            });
        await Eventually.Async(() => OffsetAsync(user, path), o => o >= UploadFile.BlockSize);

        var watch = Stopwatch.StartNew();
        await _hub.StopAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30)); // Kestrel would wait 40 s for the body
        await slow.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);

        await _hub.StartAsync();
        using var again = new TestUser(_hub.Http.BaseAddress!);
        again.Use(user.ApiKey);
        Assert.InRange(await OffsetAsync(again, path), UploadFile.BlockSize, 600_000);
    }

    private static async Task<long> OffsetAsync(TestUser user, string path)
    {
        var answer = await user.SendAsync(HttpMethod.Head, path, null, Tus);
        return answer.Response.Headers.TryGetValues("Upload-Offset", out var values) ? long.Parse(values.Single()) : -1;
    }

    /// <summary>Promises everything, sends a part, and falls silent.</summary>
    private sealed class HaltingContent : HttpContent
    {
        private readonly byte[] _content;
        private readonly int _after;
        private readonly CancellationToken _end;

        internal HaltingContent(byte[] content, int after, CancellationToken end)
        {
            (_content, _after, _end) = (content, after, end);
            Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
            Headers.ContentLength = content.Length;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_content.AsMemory(0, _after), CancellationToken.None);
            await stream.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.Infinite, _end);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _content.Length;
            return true;
        }
    }
}
