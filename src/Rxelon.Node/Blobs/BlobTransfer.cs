using System.Net;
using System.Net.Http.Headers;
using Polly;
using Polly.Retry;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;
using FetchOutcome = Rxelon.Shared.Values.Outcome<Rxelon.Node.Blobs.CipherBlob>;

namespace Rxelon.Node.Blobs;

/// <summary>
/// Fetches and uploads ciphertext by capability paths: a path names one blob, one verb and an expiry, and needs no other
/// credential. Continues broken downloads where they stopped; checks every blob's hash before anybody else sees it.
/// </summary>
internal sealed class BlobTransfer : IDisposable
{
    private const int CopySize = 64 * 1024;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly CipherSpool _spool;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<Fault?> _retries;
    private volatile Uri? _base;

    /// <param name="handler">Reaches the hub; trusts only what the node trusts.</param>
    /// <param name="spool">Where large blobs wait.</param>
    /// <param name="time">The clock of retries and time-outs.</param>
    internal BlobTransfer(HttpMessageHandler handler, CipherSpool spool, TimeProvider time)
    {
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _spool = spool;
        _time = time;
        _retries = new ResiliencePipelineBuilder<Fault?> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<Fault?>
            {
                MaxRetryAttempts = 5,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                UseJitter = true,
                ShouldHandle = new PredicateBuilder<Fault?>().HandleResult(f => f is { Retryable: true }),
            })
            .Build();
    }

    /// <summary>What capability paths are relative to; known once the hub welcomed this node.</summary>
    internal void SetBase(string url) => _base = new Uri(url.EndsWith('/') ? url : url + "/");

    /// <summary>The blob, its hash and size checked; inline or fetched. The caller disposes it.</summary>
    internal async Task<FetchOutcome> FetchAsync(Blob blob, CancellationToken cancel)
    {
        var expected = BlobId.FromDigest(blob.Id.Span);
        var writer = _spool.Create();
        await using (writer.ConfigureAwait(false))
        {
            if (blob.Inline.IsEmpty && blob.Path.Length > 0)
            {
                var fault = await _retries.ExecuteAsync(
                    async ct => await DownloadAsync(blob, writer, ct).ConfigureAwait(false), cancel).ConfigureAwait(false);
                if (fault is not null)
                    return fault;
            }
            else
            {
                writer.Write(blob.Inline.Span);
            }

            var fetched = writer.Finish();
            if (fetched.Reference.Id == expected && fetched.Reference.Size == blob.Size)
                return fetched;
            fetched.Dispose();
            return new Fault(
                FaultCodes.HashMismatch, $"The node received {fetched.Reference.Size} bytes that are not blob {expected} of {blob.Size} bytes.",
                Culprit.Network, Retryable: true);
        }
    }

    /// <summary>Puts the blob where the capability path says.</summary>
    internal async Task<Fault?> UploadAsync(string path, CipherBlob blob, CancellationToken cancel)
        => await _retries.ExecuteAsync(async ct => await PutAsync(path, blob, ct).ConfigureAwait(false), cancel).ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    private async Task<Fault?> DownloadAsync(Blob blob, CipherWriter into, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(blob.Path));
        if (into.Count > 0)
            request.Headers.Range = new RangeHeaderValue(into.Count, null);
        return await SendAsync(request, async (response, watch, token) =>
        {
            if (response.StatusCode == HttpStatusCode.OK && into.Count > 0)
                into.Restart();
            var body = await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var buffer = new byte[CopySize];
                int read;
                while ((read = await body.ReadAsync(buffer, token).ConfigureAwait(false)) > 0)
                {
                    watch.CancelAfter(Silence);
                    into.Write(buffer.AsSpan(0, read));
                    if (into.Count > blob.Size)
                        return null;
                }
            }

            return into.Count < blob.Size ? Cut($"The download ended after {into.Count} of {blob.Size} bytes.") : null;
        }, cancel).ConfigureAwait(false);
    }

    private async Task<Fault?> PutAsync(string path, CipherBlob blob, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Address(path))
        {
            Content = new StreamContent(new Unclosed(blob.OpenRead()), CopySize),
        };
        request.Content.Headers.ContentLength = blob.Reference.Size;
        return await SendAsync(request, (_, _, _) => Task.FromResult<Fault?>(null), cancel).ConfigureAwait(false);
    }

    private async Task<Fault?> SendAsync(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationTokenSource, CancellationToken, Task<Fault?>> read, CancellationToken cancel)
    {
        using var watch = new CancellationTokenSource(request.Method == HttpMethod.Put ? Silence * 20 : Silence, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(watch.Token, cancel);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await read(response, watch, both.Token).ConfigureAwait(false)
                : Refused(request.Method, response.StatusCode);
        }
        catch (HttpRequestException e)
        {
            return Cut($"The hub's blob store cannot be reached: {e.Message}");
        }
        catch (IOException e)
        {
            return Cut($"The transfer broke off: {e.Message}");
        }
        catch (OperationCanceledException) when (watch.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Cut("The hub's blob store fell silent.");
        }
    }

    private Uri Address(string path)
        => new(_base ?? throw new InvalidOperationException("The hub has not said where its blobs are."), path.TrimStart('/'));

    private static Fault Refused(HttpMethod method, HttpStatusCode status)
    {
        var isTransient = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
        var code = status == HttpStatusCode.InsufficientStorage ? FaultCodes.StorageFull : isTransient ? FaultCodes.Unavailable : FaultCodes.BlobMissing;
        return new Fault(code, $"The hub's blob store answered {method} with {(int)status}.", Culprit.Hub, isTransient);
    }

    private static Fault Cut(string message) => new(FaultCodes.Unavailable, message, Culprit.Network, Retryable: true);

    /// <summary>HTTP content closes its stream; this one is needed again when the upload is repeated.</summary>
    private sealed class Unclosed(Stream inner) : Shared.Crypto.ReadOnlyStream
    {
        public override bool CanRead => true;

        public override int Read(Span<byte> buffer) => inner.Read(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => inner.ReadAsync(buffer, cancellationToken);
    }
}
