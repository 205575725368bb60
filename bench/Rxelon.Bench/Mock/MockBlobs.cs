using System.Collections.Concurrent;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Mock;

/// <summary>Stores nothing; remembers what was released.</summary>
internal sealed class MockBlobs : IBlobStore
{
    internal ConcurrentQueue<BlobId> Released { get; } = [];

    /// <summary>So many releases fail before one succeeds.</summary>
    internal int FailingReleases;

    public Task ReleaseAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
    {
        if (Interlocked.Decrement(ref FailingReleases) >= 0)
            return Task.FromException(new IOException("The disk is away."));
        foreach (var id in ids)
            Released.Enqueue(id);
        return Task.CompletedTask;
    }

    public Task<Outcome<IReadOnlyList<BlobRef>>> PutSmallAsync(
        AccountId owner, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancel) => throw Unused();

    public Task<long?> SizeAsync(BlobId id, CancellationToken cancel) => throw Unused();

    public Task<IReadOnlyList<BlobId>> MissingAsync(IReadOnlyCollection<BlobId> ids, CancellationToken cancel) => throw Unused();

    public Task<IReadOnlyList<byte[]?>> ReadSmallAsync(IReadOnlyList<BlobId> ids, CancellationToken cancel) => throw Unused();

    public Task<Stream?> OpenAsync(BlobId id, CancellationToken cancel) => throw Unused();

    public Task<IReadOnlyDictionary<BlobId, long>> OwnedAsync(
        AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel) => throw Unused();

    public Task<Outcome<UploadState>> BeginUploadAsync(AccountId owner, BlobId id, long total, CancellationToken cancel) => throw Unused();

    public Task<UploadState?> FindUploadAsync(AccountId owner, BlobId id, CancellationToken cancel) => throw Unused();

    public Task ReleaseAllAsync(AccountId owner, CancellationToken cancel) => throw Unused();

    public Task<Outcome<long>> AppendUploadAsync(
        AccountId owner, BlobId id, long total, long offset, Stream content, CancellationToken cancel) => throw Unused();

    public Task<long> StoredBytesAsync(AccountId owner, CancellationToken cancel) => throw Unused();

    private static NotSupportedException Unused() => new("No blob is read or written here.");
}
