using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Blobs;

/// <summary>The disk has no room for a part's ciphertext.</summary>
internal sealed class SpoolFullException(IOException e) : Exception(e.Message, e)
{
    internal Fault Fault { get; } = new(FaultCodes.NodeBusy, "The node's disk has no room for this part's ciphertext.", Culprit.Node, Retryable: true);
}

/// <summary>Takes ciphertext, hashes it on the way, and becomes a <see cref="CipherBlob"/>; a full disk is a <see cref="SpoolFullException"/>. One writer.</summary>
internal sealed class CipherWriter(CipherSpool spool) : WriteOnlyStream
{
    // .NET keeps Linux's errno as the HResult of its IOException.
    private const int NoSpace = 28;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Stream? _content = new MemoryStream();

    /// <summary>Bytes written.</summary>
    internal long Count { get; private set; }

    /// <inheritdoc/>
    public override bool CanWrite => _content is not null;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_content is null, this);
        try
        {
            if (_content is MemoryStream memory && Count + buffer.Length > CipherSpool.MemoryLimit)
            {
                _content = spool.OpenFile();
                memory.WriteTo(_content);
            }

            _content.Write(buffer);
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            throw new SpoolFullException(e);
        }

        _hash.AppendData(buffer);
        Count += buffer.Length;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <summary>Forgets what was written.</summary>
    internal void Restart()
    {
        ObjectDisposedException.ThrowIf(_content is null, this);
        _content.SetLength(0);
        _hash.GetHashAndReset();
        Count = 0;
    }

    /// <summary>The blob; this writer is done. The caller disposes it.</summary>
    internal CipherBlob Finish()
    {
        ObjectDisposedException.ThrowIf(_content is null, this);
        var blob = new CipherBlob(new BlobRef(BlobId.FromDigest(_hash.GetHashAndReset()), Count), _content);
        _content = null;
        return blob;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content?.Dispose();
            _content = null;
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
