using System.Collections.Concurrent;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Blobs in memory.</summary>
internal sealed class FakeBlobs : IBlobStore, ICapabilityUrls
{
    private readonly ConcurrentDictionary<BlobId, byte[]> _blobs = new();

    public string BaseUrl => "http://127.0.0.1:1";

    internal ConcurrentDictionary<BlobId, AccountId> Owners { get; } = new();

    internal BlobRef Add(byte[] content)
    {
        var id = BlobId.Of(content);
        _blobs[id] = content;
        return new BlobRef(id, content.Length);
    }

    public string Get(BlobRef blob, TimeSpan lifetime) => $"/b/{blob.Id}?verb=GET";

    public string Put(AccountId owner, BlobRef blob, TimeSpan lifetime) => $"/b/{blob.Id}?verb=PUT&owner={owner}";

    public Task<Outcome<IReadOnlyList<BlobRef>>> PutSmallAsync(
        AccountId owner, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancel)
    {
        var stored = blobs.Select(b => Add(b.ToArray())).ToList();
        stored.ForEach(b => Owners[b.Id] = owner);
        return Task.FromResult<Outcome<IReadOnlyList<BlobRef>>>(stored);
    }

    public Task<long?> SizeAsync(BlobId id, CancellationToken cancel)
        => Task.FromResult(_blobs.TryGetValue(id, out var blob) ? blob.LongLength : (long?)null);

    public Task<IReadOnlyList<byte[]?>> ReadSmallAsync(IReadOnlyList<BlobId> ids, CancellationToken cancel)
        => Task.FromResult<IReadOnlyList<byte[]?>>(ids.Select(id => _blobs.GetValueOrDefault(id)).ToList());

    public Task<IReadOnlyList<BlobId>> MissingAsync(IReadOnlyCollection<BlobId> ids, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Stream?> OpenAsync(BlobId id, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<BlobId, long>> OwnedAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
        => throw new NotSupportedException();

    public Task<Outcome<UploadState>> BeginUploadAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
        => throw new NotSupportedException();

    public Task<UploadState?> FindUploadAsync(AccountId owner, BlobId id, CancellationToken cancel) => throw new NotSupportedException();

    public Task ReleaseAllAsync(AccountId owner, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Outcome<long>> AppendUploadAsync(AccountId owner, BlobId id, long total, long offset, Stream content, CancellationToken cancel)
        => throw new NotSupportedException();

    public Task ReleaseAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel) => throw new NotSupportedException();

    public Task<long> StoredBytesAsync(AccountId owner, CancellationToken cancel) => throw new NotSupportedException();
}
