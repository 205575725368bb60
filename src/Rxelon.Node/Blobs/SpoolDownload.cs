using Rxelon.Shared.Crypto;

namespace Rxelon.Node.Blobs;

/// <summary>A blob that is kept as ciphertext: in memory while it is small, in a file otherwise.</summary>
internal sealed class SpoolDownload(CipherWriter into, long size) : IDownload
{
    private const int CopySize = 64 * 1024;

    public long Count => into.Count;

    public void Restart() => into.Restart();

    public async Task TakeAsync(Stream body, Silence silence, CancellationToken cancel)
    {
        if (size <= CipherSpool.MemoryLimit)
        {
            await CopyAsync(body, into, silence, cancel).ConfigureAwait(false);
            return;
        }

        // Hashed and written on another thread than the one that receives. What came before a cut is kept.
        using var behind = new WriteBehind(block => into.Write(block.Span));
        try
        {
            await CopyAsync(body, behind, silence, cancel).ConfigureAwait(false);
        }
        finally
        {
            await behind.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task CopyAsync(Stream body, Stream target, Silence silence, CancellationToken cancel)
    {
        var buffer = new byte[CopySize];
        var left = size - into.Count;
        int read;
        while (left >= 0 && (read = await body.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
        {
            silence.Heard();
            await target.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            left -= read;
        }
    }
}
