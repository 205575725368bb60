using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>A store in a folder of its own, which can be closed and opened again.</summary>
public sealed class StoreFixture : IAsyncDisposable
{
    private readonly long _quota;
    private readonly S3Server? _s3;
    private readonly DiskReserve _reserve;

    private StoreFixture(long quota, S3Server? s3 = null, DiskReserve? reserve = null)
    {
        _quota = quota;
        _s3 = s3;
        _reserve = reserve ?? NoReserve;
        Store = Open();
    }

    /// <summary>The disk may be filled.</summary>
    internal static DiskReserve NoReserve { get; } = new(0, () => 0, NullLogger.Instance);

    public DataFolder Folder { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public BlobStore Store { get; private set; }

    public static StoreFixture New(long quota = 1L << 30) => new(quota);

    /// <summary>On a disk that is as the test says.</summary>
    internal static StoreFixture On(DiskReserve reserve) => new(1L << 30, null, reserve);

    /// <summary>Large blobs in a bucket of that server.</summary>
    internal static StoreFixture InBucket(S3Server s3, long quota = 1L << 30) => new(quota, s3);

    public static AccountId Account(byte seed) => AccountId.OfSigningKey(Enumerable.Repeat(seed, 32).ToArray());

    public static byte[] Bytes(int size) => RandomNumberGenerator.GetBytes(size);

    public async Task RestartAsync()
    {
        await Store.DisposeAsync();
        Store = Open();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Folder.Dispose();
    }

    public async Task<byte[]?> ReadAsync(BlobId id)
    {
        await using var stream = await Store.OpenAsync(id, default);
        if (stream is null)
            return null;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private BlobStore Open()
        => BlobStore.Open(new HubOptions { DataDirectory = Folder.Path, QuotaBytes = _quota }, _reserve, Time, NullLogger.Instance, Bucket());

    private S3ObjectStore? Bucket() => _s3 is null ? null
        : new S3ObjectStore(new S3Settings(new Uri(_s3.Endpoint), S3Server.Bucket, "us-east-1", true, "hub1/", S3Server.Key, S3Server.Key, null));
}
