using System.Globalization;
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
/// credential. Continues broken downloads where they stopped; checks every blob's hash before anybody else sees it. The hub may send
/// a large blob's transfer to its blob store (307); when the store cannot be reached from here, every second try goes through the hub.
/// </summary>
internal sealed class BlobTransfer : IDisposable
{
    private const int CopySize = 64 * 1024;
    private const string OffsetHeader = "Upload-Offset";
    private const string DirectHeader = "Rxelon-Direct";
    private const string ChecksumHeader = "x-amz-checksum-sha256";
    private const int MostRetries = 5;

    /// <summary>A result is worth waiting for a store that is started again: about two minutes.</summary>
    private const int MostStoreRetries = 30;

    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(30);

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
                MaxRetryAttempts = MostStoreRetries,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Result is { Retryable: true, Code: not FaultCodes.NodeBusy } f && (f.Code == FaultCodes.BlobStoreUnavailable || args.AttemptNumber < MostRetries)),
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
                if (await TransferAsync(blob, new SpoolDownload(writer, blob.Size), cancel).ConfigureAwait(false) is { } fault)
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
            return NotTheBlob(fetched.Reference.Size, expected, blob.Size);
        }
    }

    /// <summary>
    /// The blob while it comes, for one that <see cref="ArrivingBlob.IsFor"/> is true of: nothing is fetched before the first read. As patient as
    /// <see cref="FetchAsync"/>, and fails with the same faults. The caller disposes it.
    /// </summary>
    internal ArrivingBlob Arrive(Blob blob, CancellationToken cancel) => new(blob, (into, token) => TransferAsync(blob, into, token), cancel);

    internal static Fault NotTheBlob(long bytes, BlobId expected, long size) => new(
        FaultCodes.HashMismatch, $"The node received {bytes} bytes that are not blob {expected} of {size} bytes.", Culprit.Network, Retryable: true);

    /// <summary>Puts the blob where the capability path says; a broken upload goes on where it stopped.</summary>
    internal async Task<Fault?> UploadAsync(string path, CipherBlob blob, CancellationToken cancel)
    {
        var isFirst = true;
        var direct = false;
        return await _retries.ExecuteAsync(
            async ct =>
            {
                var offset = isFirst ? 0 : await ArrivedAsync(path, blob, ct).ConfigureAwait(false);
                isFirst = false;
                return await PutAsync(path, blob, offset, direct = !direct, ct).ConfigureAwait(false);
            },
            cancel).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async Task<Fault?> TransferAsync(Blob blob, IDownload into, CancellationToken cancel)
    {
        var direct = false;
        return await _retries.ExecuteAsync(
            async token => await DownloadAsync(blob, into, direct = !direct, token).ConfigureAwait(false), cancel).ConfigureAwait(false);
    }

    private async Task<Fault?> DownloadAsync(Blob blob, IDownload into, bool direct, CancellationToken cancel)
    {
        using var silence = new Silence(MostSilence, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(blob.Path));
        if (into.Count > 0)
            request.Headers.Range = new RangeHeaderValue(into.Count, null);
        if (direct)
            request.Headers.Add(DirectHeader, "1");
        return await SendAsync(request, silence, ReadAsync, async (url, token) =>
        {
            using var past = new HttpRequestMessage(HttpMethod.Get, url);
            past.Headers.Range = request.Headers.Range;
            return await SendAsync(past, silence, ReadAsync, null, token).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);

        async Task<Fault?> ReadAsync(HttpResponseMessage response, CancellationToken token)
        {
            if (response.StatusCode == HttpStatusCode.OK && into.Count > 0)
                into.Restart();
            var body = await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
                await into.TakeAsync(body, silence, token).ConfigureAwait(false);
            return into.Count < blob.Size ? Cut($"The download ended after {into.Count} of {blob.Size} bytes.") : null;
        }
    }

    /// <summary>How much of a broken upload the hub has; 0 when it does not say.</summary>
    private async Task<long> ArrivedAsync(string path, CipherBlob blob, CancellationToken cancel)
    {
        long arrived = 0;
        using var request = new HttpRequestMessage(HttpMethod.Head, Address(path));
        using var silence = new Silence(MostSilence, _time);
        await SendAsync(
            request,
            silence,
            (response, unused) =>
            {
                var told = response.Headers.TryGetValues(OffsetHeader, out var values) ? values.First() : "";
                arrived = long.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
                return Task.FromResult<Fault?>(null);
            },
            null,
            cancel).ConfigureAwait(false);
        return arrived <= blob.Reference.Size ? arrived : 0;
    }

    private async Task<Fault?> PutAsync(string path, CipherBlob blob, long offset, bool direct, CancellationToken cancel)
    {
        using var silence = new Silence(MostSilence, _time);
        using var request = Put(Address(path), blob, offset, silence);
        if (offset > 0)
            request.Headers.Add(OffsetHeader, offset.ToString(CultureInfo.InvariantCulture));
        if (direct && offset == 0)
        {
            // The hub answers before the body is sent: it either wants the body or says where it goes.
            request.Headers.Add(DirectHeader, "1");
            request.Headers.ExpectContinue = true;
        }

        return await SendAsync(request, silence, Done, (url, token) => PutPastAsync(url, path, blob, silence, token), cancel).ConfigureAwait(false);
    }

    /// <summary>Puts the blob into the store and has the hub check it. Whatever goes wrong between the two begins anew.</summary>
    private async Task<Fault?> PutPastAsync(Uri url, string path, CipherBlob blob, Silence silence, CancellationToken cancel)
    {
        using var past = Put(url, blob, 0, silence);
        past.Headers.Add(ChecksumHeader, Convert.ToBase64String(blob.Reference.Id.ToDigest()));
        if (await SendAsync(past, silence, Done, null, cancel).ConfigureAwait(false) is { } refused)
            return refused;
        using var finish = new HttpRequestMessage(HttpMethod.Post, Address(path));

        // The hub may have to read the whole blob back.
        silence.Heard(times: 10);
        return await SendAsync(finish, silence, Done, null, cancel).ConfigureAwait(false);
    }

    private static HttpRequestMessage Put(Uri url, CipherBlob blob, long offset, Silence silence)
    {
        var content = blob.OpenRead();
        content.Position = offset;
        var request = new HttpRequestMessage(HttpMethod.Put, url)
        {
            Content = new StreamContent(new UploadBody(content, () => silence.Heard()), CopySize),
        };
        request.Content.Headers.ContentLength = blob.Reference.Size - offset;
        return request;
    }

    private static Task<Fault?> Done(HttpResponseMessage response, CancellationToken cancel) => Task.FromResult<Fault?>(null);

    /// <summary>One request. <paramref name="elsewhere"/> goes on where a 307 points; without it the request is one to the store itself, or not to be moved.</summary>
    private async Task<Fault?> SendAsync(
        HttpRequestMessage request, Silence silence, Func<HttpResponseMessage, CancellationToken, Task<Fault?>> read,
        Func<Uri, CancellationToken, Task<Fault?>>? elsewhere, CancellationToken cancel)
    {
        var isStore = !_base!.IsBaseOf(request.RequestUri!);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.TemporaryRedirect && elsewhere is not null && response.Headers.Location is { IsAbsoluteUri: true } url)
                return IsSafe(url) ? await elsewhere(url, cancel).ConfigureAwait(false) : Unsafe;
            return response.IsSuccessStatusCode
                ? await read(response, both.Token).ConfigureAwait(false)
                : isStore ? RefusedByStore(request.Method, response.StatusCode) : await RefusedAsync(request.Method, response, both.Token).ConfigureAwait(false);
        }
        catch (SpoolFullException e)
        {
            return e.Fault;
        }
        catch (HttpRequestException e)
        {
            return isStore ? StoreAway(e.Message) : Cut($"The hub cannot be reached for blobs: {e.Message}");
        }
        catch (IOException e)
        {
            return isStore ? StoreAway(e.Message) : Cut($"The transfer broke off: {e.Message}");
        }
        catch (OperationCanceledException) when (silence.Token.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return isStore ? StoreAway("it fell silent") : Cut("The hub fell silent during a transfer.");
        }
    }

    private static bool IsSafe(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    private static Fault Unsafe { get; } = new(
        FaultCodes.BlobStoreUnavailable, "The hub's blob store is reached by plain http, which is for one machine only.", Culprit.Hub, Retryable: true);

    private static Fault StoreAway(string why)
        => new(FaultCodes.BlobStoreUnavailable, $"The blob store cannot be reached from this node: {why}", Culprit.Hub, Retryable: true);

    private static Fault RefusedByStore(HttpMethod method, HttpStatusCode status)
        => new(
            status == HttpStatusCode.NotFound ? FaultCodes.BlobMissing : FaultCodes.BlobStoreUnavailable,
            $"The blob store answered {method} with {(int)status}.", Culprit.Hub, Retryable: true);

    private Uri Address(string path)
        => new(_base ?? throw new InvalidOperationException("The hub has not said where its blobs are."), path.TrimStart('/'));

    private static async Task<Fault> RefusedAsync(HttpMethod method, HttpResponseMessage response, CancellationToken cancel)
    {
        var status = response.StatusCode;
        if (status == HttpStatusCode.ServiceUnavailable
            && (await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false)).Contains($"\"{FaultCodes.BlobStoreUnavailable}\"", StringComparison.Ordinal))
            return new Fault(FaultCodes.BlobStoreUnavailable, "The hub cannot reach its blob store.", Culprit.Hub, Retryable: true);
        if (method == HttpMethod.Post && status is HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity)
            return new Fault(FaultCodes.BlobStoreUnavailable, $"The hub did not find in its blob store what was sent there ({(int)status}).", Culprit.Hub, Retryable: true);
        var isTransient = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
        var code = status == HttpStatusCode.InsufficientStorage ? FaultCodes.StorageFull
            : isTransient ? FaultCodes.Unavailable
            : FaultCodes.BlobMissing;
        return new Fault(code, $"The hub's blob store answered {method} with {(int)status}.", Culprit.Hub, isTransient);
    }

    private static Fault Cut(string message) => new(FaultCodes.Unavailable, message, Culprit.Network, Retryable: true);

    /// <summary>
    /// HTTP content closes its stream, but this one is needed again when the upload is repeated. Each read means that the bytes
    /// before it went out: a slow uplink is not silence.
    /// </summary>
    private sealed class UploadBody(Stream inner, Action moved) : Shared.Crypto.ReadOnlyStream
    {
        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            moved();
            return inner.Read(buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            moved();
            return inner.ReadAsync(buffer, cancellationToken);
        }
    }
}
