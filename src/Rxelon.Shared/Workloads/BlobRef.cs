using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Workloads;

/// <summary>An encrypted byte sequence: its name (SHA-256 of the ciphertext) and its length in bytes.</summary>
public readonly record struct BlobRef(BlobId Id, long Size)
{
    /// <summary>Blobs up to this many bytes ride inside messages; larger ones go over HTTPS.</summary>
    public const int InlineLimit = 32 * 1024;

    /// <summary>Inputs above this many bytes are taken by a node after it has the keys, and decrypted while they come.</summary>
    public const int HeldLimit = 1 << 20;

    /// <summary>True when the blob may ride inside a message.</summary>
    public bool IsInline => Size <= InlineLimit;
}
