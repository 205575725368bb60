using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// Ciphertext by SHA-256. Everything stored was hash-checked while it arrived and is durable when the call returns; storing
/// the same bytes again is harmless. Blobs up to 32 KiB share one SQLite file (one commit per batch); larger ones are files, or objects of a bucket.
/// Each blob remembers which accounts stored it: quotas count per account, and a blob is deleted with its last owner.
/// </summary>
public interface IBlobStore
{
    /// <summary>Stores small blobs in one batch. Fault: quota-exceeded, too-large, storage-full; then none was stored.</summary>
    Task<Outcome<IReadOnlyList<BlobRef>>> PutSmallAsync(AccountId owner, IReadOnlyList<ReadOnlyMemory<byte>> blobs, CancellationToken cancel);

    /// <summary>Length when stored, else null.</summary>
    Task<long?> SizeAsync(BlobId id, CancellationToken cancel);

    /// <summary>Which of these are missing.</summary>
    Task<IReadOnlyList<BlobId>> MissingAsync(IReadOnlyCollection<BlobId> ids, CancellationToken cancel);

    /// <summary>Lengths of those of these blobs that this account has stored; others, though they may exist, are left out.</summary>
    Task<IReadOnlyDictionary<BlobId, long>> OwnedAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel);

    /// <summary>Whole content of small blobs, in order; null where missing.</summary>
    Task<IReadOnlyList<byte[]?>> ReadSmallAsync(IReadOnlyList<BlobId> ids, CancellationToken cancel);

    /// <summary>
    /// A seekable stream over a blob of any size, or null when it is not here. When the bytes lie elsewhere and cannot be had now,
    /// this and the stream throw <see cref="BlobStoreException"/>.
    /// </summary>
    Task<Stream?> OpenAsync(BlobId id, CancellationToken cancel);

    /// <summary>
    /// Makes room for a resumable upload, or finds the one that was begun. Fault: quota-exceeded, conflict (begun with another
    /// length), storage-full.
    /// </summary>
    Task<Outcome<UploadState>> BeginUploadAsync(AccountId owner, BlobId id, long total, CancellationToken cancel);

    /// <summary>Where an unfinished upload stands, or null when none was begun (or it was finished).</summary>
    Task<UploadState?> FindUploadAsync(AccountId owner, BlobId id, CancellationToken cancel);

    /// <summary>
    /// Appends to an upload at <paramref name="offset"/> (which must equal the present offset; 0 begins it); when
    /// <paramref name="total"/> bytes are here, checks the hash and stores, or discards the upload with hash-mismatch. Returns the
    /// new offset; before the end the last piece may not be durable yet, the whole is. Content that breaks off is kept up to there, and its exception passes through.
    /// </summary>
    Task<Outcome<long>> AppendUploadAsync(AccountId owner, BlobId id, long total, long offset, Stream content, CancellationToken cancel);

    /// <summary>Drops the account's claim on these blobs and deletes those nobody else claims.</summary>
    Task ReleaseAsync(AccountId owner, IReadOnlyCollection<BlobId> ids, CancellationToken cancel);

    /// <summary>Drops all claims and unfinished uploads of an account.</summary>
    Task ReleaseAllAsync(AccountId owner, CancellationToken cancel);

    /// <summary>
    /// Where whoever may read this large blob gets it past the hub, for some minutes; null when blobs go through the hub. The URL is
    /// the permission: never log one.
    /// </summary>
    Task<Uri?> DirectReadAsync(BlobId id, CancellationToken cancel) => Task.FromResult<Uri?>(null);

    /// <summary>
    /// Where this blob can be PUT past the hub, whole, for some minutes; <see cref="FinishDirectAsync"/> makes it a blob. Null when
    /// blobs go through the hub. Fault: quota-exceeded, storage-full.
    /// </summary>
    Task<Outcome<Uri?>> DirectWriteAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
        => Task.FromResult<Outcome<Uri?>>((Uri?)null);

    /// <summary>
    /// Checks size and SHA-256 of what was PUT and makes it the account's blob; durable when the call returns. Fault: not-found (nothing
    /// was PUT), hash-mismatch, quota-exceeded, blob-store-unavailable (retryable; what was PUT stays).
    /// </summary>
    Task<Fault?> FinishDirectAsync(AccountId owner, BlobId id, long total, CancellationToken cancel)
        => Task.FromResult<Fault?>(new Fault(FaultCodes.NotFound, "Nothing can be sent past this hub.", Culprit.Input));

    /// <summary>Null when large blobs can be read and written now.</summary>
    Task<Fault?> ProbeAsync(CancellationToken cancel) => Task.FromResult<Fault?>(null);

    /// <summary>Bytes an account stores.</summary>
    Task<long> StoredBytesAsync(AccountId owner, CancellationToken cancel);
}

/// <summary>The place of large blobs refuses or does not answer; the fault is blob-store-unavailable, or blob-missing for one that is gone.</summary>
public sealed class BlobStoreException(Fault fault) : IOException(fault.Message)
{
    /// <summary>What to answer.</summary>
    public Fault Fault { get; } = fault;
}

/// <summary>An unfinished upload: bytes that are safely here, and bytes there will be.</summary>
public readonly record struct UploadState(long Offset, long Total);
