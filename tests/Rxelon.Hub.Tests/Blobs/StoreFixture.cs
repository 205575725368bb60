using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Tests.Blobs;

/// <summary>A store in a folder of its own, which can be closed and opened again.</summary>
public sealed class StoreFixture : IAsyncDisposable
{
    private readonly long _quota;

    private StoreFixture(long quota)
    {
        _quota = quota;
        Store = Open();
    }

    public DataFolder Folder { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public FolderBlobStore Store { get; private set; }

    public static StoreFixture New(long quota = 1L << 30) => new(quota);

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

    private FolderBlobStore Open()
        => FolderBlobStore.Open(new HubOptions { DataDirectory = Folder.Path, QuotaBytes = _quota }, Time, NullLogger.Instance);
}
