using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// Objects by name in a store that other programs can reach too. Every call may fail with blob-store-unavailable (retryable): the
/// store refuses or does not answer. Writes are durable when the call returns.
/// </summary>
internal interface IObjectStore : IDisposable
{
    /// <summary>Stores a file whose SHA-256 is known.</summary>
    Task<Fault?> PutAsync(string name, string file, BlobId id, CancellationToken cancel);

    /// <summary>Copies within the store.</summary>
    Task<Fault?> CopyAsync(string from, string to, CancellationToken cancel);

    /// <summary>Null when the object has this size and SHA-256, by the store's own checksum or by reading it; else hash-mismatch, or not-found.</summary>
    Task<Fault?> VerifyAsync(string name, BlobId id, long size, CancellationToken cancel);

    /// <summary>Reads from an offset to the end. Fault: blob-missing.</summary>
    Task<Outcome<Stream>> ReadAsync(string name, long offset, CancellationToken cancel);

    /// <summary>Deletes it; one that is not there is deleted.</summary>
    Task<Fault?> DeleteAsync(string name, CancellationToken cancel);

    /// <summary>A URL that reads the object.</summary>
    Uri Reading(string name, TimeSpan lifetime);

    /// <summary>A URL that stores the object, with the header <c>x-amz-checksum-sha256</c> of this content.</summary>
    Uri Writing(string name, BlobId id, TimeSpan lifetime);

    /// <summary>Null when it answers.</summary>
    Task<Fault?> ProbeAsync(CancellationToken cancel);
}
