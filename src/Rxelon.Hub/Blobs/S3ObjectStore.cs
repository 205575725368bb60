using System.Net;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// A bucket of any store that speaks S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/), by the AWS SDK. Only checksums that an
/// old or small server ignores are used, and what it ignores is checked by reading back. Credentials are never logged.
/// </summary>
internal sealed class S3ObjectStore : IObjectStore
{
    private const string ChecksumHeader = "x-amz-checksum-sha256";
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(3);

    private readonly AmazonS3Client _s3;
    private readonly S3Settings _settings;

    internal S3ObjectStore(S3Settings settings)
    {
        _settings = settings;
        _s3 = new AmazonS3Client(
            settings.SessionToken is { } token
                ? new SessionAWSCredentials(settings.AccessKey, settings.SecretKey, token)
                : new BasicAWSCredentials(settings.AccessKey, settings.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = settings.Endpoint.ToString(),
                AuthenticationRegion = settings.Region,
                ForcePathStyle = settings.PathStyle,
                UseHttp = settings.Endpoint.Scheme == Uri.UriSchemeHttp,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
                RetryMode = RequestRetryMode.Standard,
                MaxErrorRetry = 2,
                Timeout = TimeSpan.FromHours(1),
            });
    }

    /// <inheritdoc/>
    public Task<Fault?> PutAsync(string name, string file, BlobId id, CancellationToken cancel)
        => TryAsync(() => _s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = _settings.Bucket,
                Key = KeyOf(name),
                FilePath = file,
                ContentType = "application/octet-stream",
                UseChunkEncoding = false,
                ChecksumSHA256 = ChecksumOf(id),
            },
            cancel));

    /// <inheritdoc/>
    public Task<Fault?> CopyAsync(string from, string to, CancellationToken cancel)
        => TryAsync(() => _s3.CopyObjectAsync(
            new CopyObjectRequest
            {
                SourceBucket = _settings.Bucket,
                SourceKey = KeyOf(from),
                DestinationBucket = _settings.Bucket,
                DestinationKey = KeyOf(to),
                ChecksumAlgorithm = ChecksumAlgorithm.SHA256,
            },
            cancel));

    /// <inheritdoc/>
    public async Task<Fault?> VerifyAsync(string name, BlobId id, long size, CancellationToken cancel)
    {
        Fault? objection = null;
        var fault = await TryAsync(async () =>
        {
            var head = await _s3.GetObjectMetadataAsync(
                new GetObjectMetadataRequest { BucketName = _settings.Bucket, Key = KeyOf(name), ChecksumMode = ChecksumMode.ENABLED }, cancel)
                .ConfigureAwait(false);
            if (head.ContentLength != size)
                objection = Other(id, $"has {head.ContentLength} bytes, not {size}");
            else if (head.ChecksumSHA256 is { Length: > 0 } checksum ? checksum != ChecksumOf(id) : await DigestAsync(name, cancel).ConfigureAwait(false) != id)
                objection = Other(id, "has another SHA-256");
            return head;
        }).ConfigureAwait(false);
        return fault ?? objection;
    }

    /// <inheritdoc/>
    public async Task<Outcome<Stream>> ReadAsync(string name, long offset, CancellationToken cancel)
    {
        Stream? body = null;
        var fault = await TryAsync(async () =>
        {
            var request = new GetObjectRequest { BucketName = _settings.Bucket, Key = KeyOf(name) };
            if (offset > 0)
                request.ByteRange = new ByteRange($"bytes={offset}-");
            var response = await _s3.GetObjectAsync(request, cancel).ConfigureAwait(false);
            body = response.ResponseStream;
            return response;
        }).ConfigureAwait(false);
        return fault is null ? body! : fault with { Code = fault.Code == FaultCodes.NotFound ? FaultCodes.BlobMissing : fault.Code };
    }

    /// <inheritdoc/>
    public async Task<Fault?> DeleteAsync(string name, CancellationToken cancel)
    {
        var fault = await TryAsync(() => _s3.DeleteObjectAsync(_settings.Bucket, KeyOf(name), cancel)).ConfigureAwait(false);
        return fault?.Code == FaultCodes.NotFound ? null : fault;
    }

    /// <inheritdoc/>
    public Uri Reading(string name, TimeSpan lifetime) => Presign(HttpVerb.GET, name, null, lifetime);

    /// <inheritdoc/>
    public Uri Writing(string name, BlobId id, TimeSpan lifetime) => Presign(HttpVerb.PUT, name, id, lifetime);

    /// <inheritdoc/>
    public async Task<Fault?> ProbeAsync(CancellationToken cancel)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(ProbeTime);
        try
        {
            return await TryAsync(() => _s3.ListObjectsV2Async(
                new ListObjectsV2Request { BucketName = _settings.Bucket, Prefix = _settings.Prefix, MaxKeys = 1 }, soon.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Away("it does not answer within 3 s");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _s3.Dispose();

    private static string ChecksumOf(BlobId id) => Convert.ToBase64String(id.ToDigest());

    private static Fault Other(BlobId id, string what)
        => new(FaultCodes.HashMismatch, $"What was sent as blob {id} {what}.", Culprit.Node, Retryable: true);

    private string KeyOf(string name) => _settings.Prefix + name;

    private async Task<BlobId> DigestAsync(string name, CancellationToken cancel)
    {
        using var response = await _s3.GetObjectAsync(_settings.Bucket, KeyOf(name), cancel).ConfigureAwait(false);
        return BlobId.FromDigest(await SHA256.HashDataAsync(response.ResponseStream, cancel).ConfigureAwait(false));
    }

    private Uri Presign(HttpVerb verb, string name, BlobId? id, TimeSpan lifetime)
    {
        // SigV4 dates the URL by this machine's clock, as the SDK does with every request.
        var request = new GetPreSignedUrlRequest
        {
            BucketName = _settings.Bucket,
            Key = KeyOf(name),
            Verb = verb,
            Protocol = _settings.Endpoint.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS,
            Expires = DateTime.UtcNow + lifetime,
        };
        if (id is { } blob)
            request.Headers[ChecksumHeader] = ChecksumOf(blob);
        return new Uri(_s3.GetPreSignedURL(request));
    }

    /// <summary>Runs a request that the SDK has retried; what remains is a fault.</summary>
    private async Task<Fault?> TryAsync<T>(Func<Task<T>> request)
    {
        try
        {
            await request().ConfigureAwait(false);
            return null;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
        {
            return new Fault(FaultCodes.NotFound, "The object is not there.", Culprit.Hub, Retryable: true);
        }
        catch (AmazonServiceException e)
        {
            return Away(e.ErrorCode is { Length: > 0 } code ? $"it answers {(int)e.StatusCode} {code}" : $"it answers {(int)e.StatusCode}");
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or IOException or TimeoutException)
        {
            return Away(e.InnerException?.Message ?? e.Message);
        }
    }

    private Fault Away(string why)
        => new(
            FaultCodes.BlobStoreUnavailable, $"The blob store at {_settings.Endpoint.Host} cannot be used now: {why}. Nothing was lost; try again.",
            Culprit.Hub, Retryable: true);
}
