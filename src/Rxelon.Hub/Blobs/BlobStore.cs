using Rxelon.Hub.Config;
using Rxelon.Hub.Disk;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// The store of one hub: <c>blobs.db</c> for blobs up to 32 KiB and for who claims what, <c>uploads/</c> for unfinished uploads, and
/// for larger blobs either <c>blobs/ab/cdef…</c> or a bucket (<see cref="ObjectShelf"/>). A file becomes visible by rename, an object
/// by its row, both after the hash was checked and the bytes are durable. Only ciphertext ever comes here.
/// </summary>
public sealed class BlobStore : IBlobStore, IAsyncDisposable
{
    private const int MaxUploadsPerAccount = 256;
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(24);

    private readonly BlobDatabase _database;
    private readonly BlobWriter _writer;
    private readonly UploadFolder _uploads;
    private readonly string _root;
    private readonly long _quota;
    private readonly ObjectShelf? _shelf;
    private readonly DiskReserve _reserve;

    private BlobStore(string directory, long quota, DiskReserve reserve, IObjectStore? objects, TimeProvider time, ILogger log)
    {
        _reserve = reserve;
        _root = Path.Combine(directory, "blobs");
        _quota = quota;
        Directory.CreateDirectory(_root);
        var uploads = Directory.CreateDirectory(Path.Combine(directory, "uploads")).FullName;
        _database = new BlobDatabase(Path.Combine(directory, "blobs.db"));
        _uploads = new UploadFolder(uploads, reserve);
        _writer = new BlobWriter(_database, log);
        _shelf = objects is null ? null : new ObjectShelf(objects, _database, _writer, time, log);
    }

    /// <summary>
    /// Opens or makes the store in the hub's data directory, removes uploads that nobody continued for a day and files that a
    /// crash left without an owner. Large blobs go to <paramref name="objects"/>, when given; the store disposes it.
    /// </summary>
    internal static BlobStore Open(HubOptions options, DiskReserve reserve, TimeProvider time, ILogger log, IObjectStore? objects = null)
    {
        var store = new BlobStore(options.DataDirectory, options.QuotaBytes, reserve, objects, time, log);
        var stale = store._uploads.Sweep(time.GetUtcNow() - StaleAfter);
        var orphans = store.DeleteOrphans();
        if (stale + orphans > 0)
            log.LogInformation("Removed {Stale} stale uploads and {Orphans} files without an owner", stale, orphans);
        return store;
    }

    /// <summary>True when large blobs lie in this data directory.</summary>
    internal static bool HasFiles(string directory)
        => Path.Combine(directory, "blobs") is var root && Directory.Exists(root) && Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Any();

    /// <inheritdoc/>
    public async Task<Outcome<IReadOnlyList<BlobRef>>> PutSmallAsync(
        AccountId owner, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancel)
    {
        if (blobs.FirstOrDefault(b => b.Length > BlobRef.InlineLimit) is { IsEmpty: false } large)
            return new Fault(FaultCodes.TooLarge, $"{large.Length} bytes are not a small blob; use an upload.", Culprit.Input);
        if (!_reserve.Allows(blobs.Sum(b => (long)b.Length)))
            return _reserve.Fault;
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
        if (row.Content is null && _shelf is not null)
            return _shelf.OpenAsync(id, row.Size, cancel);
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
    public Task<Uri?> DirectReadAsync(BlobId id, CancellationToken cancel)
        => Task.FromResult(_shelf is not null && _database.Find([id], withContent: false).TryGetValue(id, out var row) && row.Size > BlobRef.InlineLimit
            ? _shelf.Reading(id)
            : null);

    /// <inheritdoc/>
    public async Task<Outcome<Uri?>> DirectWriteAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
    {
        if (_shelf is null || total <= BlobRef.InlineLimit)
            return (Uri?)null;
        var promised = _database.Usage(owner) + _uploads.PromisedBytes(owner) + total;
        return promised > _quota ? QuotaExceeded(promised) : await _shelf.WritingAsync(owner, id, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Fault?> FinishDirectAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
    {
        if (_shelf is null)
            return new Fault(FaultCodes.NotFound, "Nothing can be sent past this hub.", Culprit.Input);
        if (_database.FindClaims(owner, [id]).ContainsKey(id))
            return null; // the answer to an earlier, identical request was lost
        return await _shelf.AdoptAsync(owner, id, total, transaction => Claim(transaction, owner, id, total), cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Fault?> ProbeAsync(CancellationToken cancel) => _shelf?.ProbeAsync(cancel) ?? Task.FromResult<Fault?>(null);

    /// <inheritdoc/>
    public async Task ReleaseAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel)
    {
        _ = (await _writer.WriteAsync<int>(
            transaction =>
            {
                foreach (var id in ids)
                    Release(transaction, owner, id);
                return ids.Count;
            },
            cancel).ConfigureAwait(false)).Value;
        _shelf?.Collect();
    }

    /// <inheritdoc/>
    public async Task ReleaseAllAsync(AccountId owner, CancellationToken cancel)
    {
        _uploads.DeleteAll(owner);
        _ = (await _writer.WriteAsync<int>(
            transaction =>
            {
                var ids = transaction.ClaimsOf(owner);
                ids.ForEach(id => Release(transaction, owner, id));
                return ids.Count;
            },
            cancel).ConfigureAwait(false)).Value;
        _shelf?.Collect();
    }

    /// <inheritdoc/>
    public Task<long> StoredBytesAsync(AccountId owner, CancellationToken cancel) => Task.FromResult(_database.Usage(owner));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_shelf is not null)
            await _shelf.DisposeAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        _uploads.Dispose();
        _database.Dispose();
    }

    private void Release(BlobTransaction transaction, AccountId owner, BlobId id)
    {
        if (!transaction.Release(owner, id))
            return;
        if (_shelf is null)
            transaction.Discard(PlaceOf(id));
        else
            _shelf.Doom(transaction, id);
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
        if (!_reserve.Allows(total))
            return _reserve.Fault;
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

        if (_shelf is not null && total > BlobRef.InlineLimit)
            return await ShelveAsync(owner, id, total, file).ConfigureAwait(false);
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
                return Claim(transaction, owner, id, total);
            },
            CancellationToken.None).ConfigureAwait(false);
        if ((small is not null && stored.IsOk) || stored.Fault?.Code == FaultCodes.QuotaExceeded)
            File.Delete(file);
        return stored;
    }

    private Outcome<long> Claim(BlobTransaction transaction, AccountId owner, BlobId id, long total)
    {
        transaction.Claim(owner, id, total);
        var usage = transaction.Usage(owner);
        return usage > _quota ? QuotaExceeded(usage) : total;
    }

    /// <summary>Takes a complete file to the bucket. While the bucket is away the file stays, short of its last byte, which is asked for again.</summary>
    private async Task<Outcome<long>> ShelveAsync(AccountId owner, BlobId id, long total, string file)
    {
        // Whoever sent it may be gone: the file is complete and would be found neither unfinished nor stored.
        var fault = await _shelf!.StoreAsync(id, total, file, transaction => Claim(transaction, owner, id, total), CancellationToken.None).ConfigureAwait(false);
        if (fault is { Retryable: true })
            UploadFolder.Reopen(file, total);
        else
            File.Delete(file);
        return fault is null ? total : fault;
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
