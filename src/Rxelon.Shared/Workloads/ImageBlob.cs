using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Workloads;

/// <summary>The encrypted archive of an image that comes with a task (shared blob "image"): the ciphertext's name and length.</summary>
public sealed record ImageBlob(BlobId Id, long Size)
{
    /// <summary>The blob.</summary>
    public BlobRef ToReference() => new(Id, Size);
}
