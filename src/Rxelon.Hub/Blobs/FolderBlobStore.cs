using Rxelon.Hub.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// The store of one machine: <c>blobs.db</c> for blobs up to 32 KiB and for who claims what, <c>blobs/ab/cdef…</c> for larger
/// ones, <c>uploads/</c> for unfinished ones. A file becomes visible by rename, after its hash was checked and it was
/// synced. Only ciphertext ever comes here.
/// </summary>
public sealed class FolderBlobStore : IBlobStore, IAsyncDisposable
{
    private const int MaxUploadsPerAccount = 256;
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(24);

    private readonly BlobDatabase _database;
    private readonly BlobWriter _writer;
    private readonly UploadFolder _uploads;
    private readonly string _root;
    private readonly long _quota;

    private FolderBlobStore(string directory, long quota, ILogger log)
    {
        _root = Path.Combine(directory, "blobs");
        _quota = quota;
        Directory.CreateDirectory(_root);
        var uploads = Directory.CreateDirectory(Path.Combine(directory, "uploads")).FullName;
        _database = new BlobDatabase(Path.Combine(directory, "blobs.db"));
        _uploads = new UploadFolder(uploads);
        _writer = new BlobWriter(_database, log);
    }

    /// <summary>
    /// Opens or makes the store in the hub's data directory, removes uploads that nobody continued for a day and files that a
    /// crash left without an owner.
    /// </summary>
    public static FolderBlobStore Open(HubOptions options, TimeProvider time, ILogger log)
    {
        var store = new FolderBlobStore(options.DataDirectory, options.QuotaBytes, log);
        var stale = store._uploads.Sweep(time.GetUtcNow() - StaleAfter);
        var orphans = store.DeleteOrphans();
        if (stale + orphans > 0)
            log.LogInformation("Removed {Stale} stale uploads and {Orphans} files without an owner", stale, orphans);
        return store;
    }

    /// <inheritdoc/>
    public async Task<Outcome<IReadOnlyList<BlobRef>>> PutSmallAsync(
        AccountId owner, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancel)
    {
        if (blobs.FirstOrDefault(b => b.Length > BlobRef.InlineLimit) is { IsEmpty: false } large)
            return new Fault(FaultCodes.TooLarge, $"{large.Length} bytes are not a small blob; use an upload.", Culprit.Input);
        var named = blobs.Select(b => (Ref: new BlobRef(BlobId.Of(b.Span), b.Length), Content: b.ToArray())).ToList();
        return await _writer.WriteAsync<IReadOnlyList<BlobRef>>(
            transaction =>
            {
                foreach (var (blob, content) in named)
                {
                    transaction.AddSmall(blob.Id, content);
                    transaction.Claim(owner, blob.Id, blob.Size);
                }

                var usage = transaction.Usage(owner);
                return usage > _quota ? QuotaExceeded(usage) : named.ConvertAll(n => n.Ref);
            },
            cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<long?> SizeAsync(BlobId id, CancellationToken cancel)
        => Task.FromResult(_database.Find([id], withContent: false).TryGetValue(id, out var row) ? row.Size : (long?)null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BlobId>> MissingAsync(IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
    {
        var found = _database.Find(ids, withContent: false);
        return Task.FromResult<IReadOnlyList<BlobId>>(ids.Where(id => !found.ContainsKey(id)).ToList());
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<BlobId, long>> OwnedAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
        => Task.FromResult<IReadOnlyDictionary<BlobId, long>>(
            _database.FindClaims(owner, ids).ToDictionary(c => c.Key, c => c.Value.Size));

    /// <inheritdoc/>
    public Task<IReadOnlyList<byte[]?>> ReadSmallAsync(IReadOnlyList<BlobId> ids, CancellationToken cancel)
    {
        var found = _database.Find(ids.Distinct(), withContent: true);
        return Task.FromResult<IReadOnlyList<byte[]?>>(ids.Select(id => found.GetValueOrDefault(id).Content).ToList());
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(BlobId id, CancellationToken cancel)
    {
        if (!_database.Find([id], withContent: true).TryGetValue(id, out var row))
            return Task.FromResult<Stream?>(null);
        return Task.FromResult<Stream?>(row.Content is { } content
            ? new MemoryStream(content, writable: false)
            : new FileStream(PlaceOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, useAsync: true));
    }

    /// <inheritdoc/>
    public Task<Outcome<UploadState>> BeginUploadAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
    {
        using var turn = _uploads.TryEnter(owner, id);
        if (turn is null)
            return Task.FromResult<Outcome<UploadState>>(UploadFolder.Busy);
        var begun = Begin(owner, id, total);
        return Task.FromResult<Outcome<UploadState>>(
            begun.Fault is { } fault ? fault : new UploadState(new FileInfo(begun.Value).Length, total));
    }

    /// <inheritdoc/>
    public Task<UploadState?> FindUploadAsync(AccountId owner, BlobId id, CancellationToken cancel)
        => Task.FromResult(_uploads.Find(owner, id) is var (path, total)
            ? new UploadState(new FileInfo(path).Length, total)
            : (UploadState?)null);

    /// <inheritdoc/>
    public async Task<Outcome<long>> AppendUploadAsync(
        AccountId owner, BlobId id, long total, long offset, Stream content, CancellationToken cancel)
    {
        using var turn = _uploads.TryEnter(owner, id);
        if (turn is null)
            return UploadFolder.Busy;
        if (_uploads.Find(owner, id) is null && _database.FindClaims(owner, [id]).TryGetValue(id, out var stored))
            return stored.Size; // the answer to an earlier, identical request was lost
        var begun = Begin(owner, id, total);
        if (begun.Fault is { } refused)
            return refused;
        var present = new FileInfo(begun.Value).Length;
        if (present != offset)
            return new Fault(FaultCodes.Conflict, $"The upload stands at {present}, not at {offset}.", Culprit.Input);
        try
        {
            var appended = await _uploads.AppendAsync(owner, id, begun.Value, total, offset, content, cancel).ConfigureAwait(false);
            if (appended.Fault is { } fault)
                return fault;
            return appended.Value.Digest is { } digest
                ? await FinishAsync(owner, id, total, begun.Value, digest, cancel).ConfigureAwait(false)
                : appended.Value.Offset;
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            return DiskFull.Fault;
        }
    }

    /// <inheritdoc/>
    public async Task ReleaseAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
        => _ = (await _writer.WriteAsync<int>(
            transaction =>
            {
                foreach (var id in ids)
                    transaction.Release(owner, id, PlaceOf);
                return ids.Count;
            },
            cancel).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async Task ReleaseAllAsync(AccountId owner, CancellationToken cancel)
    {
        _uploads.DeleteAll(owner);
        _ = (await _writer.WriteAsync<int>(
            transaction =>
            {
                var ids = transaction.ClaimsOf(owner);
                ids.ForEach(id => transaction.Release(owner, id, PlaceOf));
                return ids.Count;
            },
            cancel).ConfigureAwait(false)).Value;
    }

    /// <inheritdoc/>
    public Task<long> StoredBytesAsync(AccountId owner, CancellationToken cancel) => Task.FromResult(_database.Usage(owner));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        _uploads.Dispose();
        _database.Dispose();
    }

    private string PlaceOf(BlobId id)
    {
        var name = id.ToString();
        return Path.Combine(_root, name[..2], name[2..]);
    }

    private Outcome<string> Begin(AccountId owner, BlobId id, long total)
    {
        if (total < 1)
            return new Fault(FaultCodes.Malformed, "An upload has at least one byte.", Culprit.Input);
        if (_uploads.Find(owner, id) is var (path, begun))
        {
            return begun == total
                ? path
                : new Fault(FaultCodes.Conflict, $"This upload was begun with a length of {begun}, not {total}.", Culprit.Input);
        }

        if (_uploads.Count(owner) >= MaxUploadsPerAccount)
            return new Fault(FaultCodes.QuotaExceeded, $"An account has at most {MaxUploadsPerAccount} unfinished uploads.", Culprit.Input);
        var promised = _database.Usage(owner) + _uploads.PromisedBytes(owner);
        if (promised + total > _quota)
            return QuotaExceeded(promised + total);
        try
        {
            return _uploads.Create(owner, id, total);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            return DiskFull.Fault;
        }
    }

    private async Task<Outcome<long>> FinishAsync(
        AccountId owner, BlobId id, long total, string file, BlobId digest, CancellationToken cancel)
    {
        if (digest != id)
        {
            File.Delete(file);
            return new Fault(FaultCodes.HashMismatch, $"What arrived has the SHA-256 {digest}, not {id}; the upload was discarded.", Culprit.Input);
        }

        var small = total <= BlobRef.InlineLimit ? await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false) : null;
        var place = PlaceOf(id);
        if (small is null)
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        var stored = await _writer.WriteAsync<long>(
            transaction =>
            {
                if (small is null)
                    transaction.AddLarge(id, total, file, place);
                else
                    transaction.AddSmall(id, small);
                transaction.Claim(owner, id, total);
                var usage = transaction.Usage(owner);
                return usage > _quota ? QuotaExceeded(usage) : total;
            },
            CancellationToken.None).ConfigureAwait(false);
        if ((small is not null && stored.IsOk) || stored.Fault?.Code == FaultCodes.QuotaExceeded)
            File.Delete(file);
        return stored;
    }

    private Fault QuotaExceeded(long wanted)
        => new(FaultCodes.QuotaExceeded, $"The account would store {wanted} bytes; its limit is {_quota}. Delete tasks that you do not need.", Culprit.Input);

    // A crash between a file's rename and the commit leaves a file that no row names.
    private int DeleteOrphans()
    {
        var orphans = 0;
        foreach (var file in Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).ToList())
        {
            var name = Path.GetFileName(Path.GetDirectoryName(file)) + Path.GetFileName(file);
            if (BlobId.TryParse(name, out var id) && _database.Find([id], withContent: false).ContainsKey(id))
                continue;
            File.Delete(file);
            orphans++;
        }

        return orphans;
    }
}
