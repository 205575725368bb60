using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Blobs;

/// <summary>Ciphertext whose hash is known; in memory or in a spool file that goes away with it. One reader at a time.</summary>
internal sealed class CipherBlob(BlobRef reference, Stream content) : IDisposable
{
    internal BlobRef Reference { get; } = reference;

    /// <summary>Reads it from the start; closing the stream is not needed.</summary>
    internal Stream OpenRead()
    {
        content.Position = 0;
        return content;
    }

    /// <summary>The whole ciphertext; for small ones.</summary>
    internal byte[] ToArray()
    {
        var bytes = new byte[Reference.Size];
        OpenRead().ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => content.Dispose();
}
