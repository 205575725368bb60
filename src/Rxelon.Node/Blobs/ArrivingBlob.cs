using System.IO.Pipelines;
using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Blobs;

/// <summary>A blob that was being read did not come, or was not the one that was named.</summary>
internal sealed class ArrivalException(Fault fault) : Exception(fault.Message)
{
    internal Fault Fault { get; } = fault;
}

/// <summary>
/// A large blob that is read while it comes: received and hashed by one thread, read by another, kept nowhere. The first read begins the
/// transfer. Bytes are handed out before the whole is known to be right; the end is reported only when length and SHA-256 are. Everything
/// else is an <see cref="ArrivalException"/>. A reader that is slow holds the transfer up. One reader; memory is about a megabyte.
/// </summary>
internal sealed class ArrivingBlob : ReadOnlyStream, IDownload
{
    private const int BlockSize = 256 * 1024;
    private const int Blocks = 4;

    private readonly Blob _blob;
    private readonly Func<IDownload, CancellationToken, Task<Fault?>> _transfer;
    private readonly CancellationTokenSource _cancel;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Pipe _pipe = new(new PipeOptions(
        minimumSegmentSize: BlockSize, pauseWriterThreshold: Blocks * BlockSize, resumeWriterThreshold: (Blocks - 1) * BlockSize,
        useSynchronizationContext: false));

    private Task? _arriving;
    private long _count;
    private long _known; // bytes of the answer that were taken from one before

    /// <param name="blob">What is to come.</param>
    /// <param name="transfer">Has it taken; null when it is all there.</param>
    /// <param name="cancel">Gives up; readers see that.</param>
    internal ArrivingBlob(Blob blob, Func<IDownload, CancellationToken, Task<Fault?>> transfer, CancellationToken cancel)
    {
        _blob = blob;
        _transfer = transfer;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <summary>All of it came and is right.</summary>
    internal bool IsWhole { get; private set; }

    long IDownload.Count => _count;

    /// <summary>True for blobs that are not worth a place of their own: too large for memory, and not here yet.</summary>
    internal static bool IsFor(Blob blob) => blob.Size > CipherSpool.MemoryLimit && blob.Inline.IsEmpty && blob.Path.Length > 0;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        Begin();
        if (!_pipe.Reader.TryRead(out var read))
            read = _pipe.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
        return Take(read, buffer);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Begin();
        return Take(await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false), buffer.Span);
    }

    /// <summary>
    /// Receives what was not read yet, for its hash only. Null when all of it is right: then whatever else is wrong was in it. Nobody may be reading.
    /// </summary>
    internal async Task<Fault?> FinishAsync()
    {
        if (_arriving is null)
            return null;
        try
        {
            while (!IsWhole)
            {
                var read = await _pipe.Reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                _pipe.Reader.AdvanceTo(read.Buffer.End);
            }

            return null;
        }
        catch (ArrivalException e)
        {
            return e.Fault;
        }
    }

    /// <summary>Ends the transfer.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _cancel.CancelAsync().ConfigureAwait(false);
        await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        if (_arriving is not null)
            await _arriving.ConfigureAwait(false);
        _hash.Dispose();
        _cancel.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    void IDownload.Restart() => _known = _count;

    async Task IDownload.TakeAsync(Stream body, Silence silence, CancellationToken cancel)
    {
        while (_known + _blob.Size - _count is >= 0 and var left)
        {
            var room = _pipe.Writer.GetMemory(BlockSize);
            room = room[..(int)Math.Min(room.Length, left + 1)];
            var filled = 0;
            var isOver = false;
            try
            {
                // Whole blocks, so that what follows is done a few thousand times and not for each of the network's packets.
                while (filled < room.Length && !isOver)
                {
                    var read = await body.ReadAsync(room[filled..], cancel).ConfigureAwait(false);
                    isOver = read == 0;
                    filled += read;
                    silence.Heard();
                }
            }
            finally
            {
                Keep(room.Span[..filled]);
            }

            var passing = _pipe.Writer.FlushAsync(cancel);
            if (!passing.IsCompleted)
                silence.Busy();
            if ((await passing.ConfigureAwait(false)).IsCompleted)
                throw new OperationCanceledException("Nobody reads any more.");
            silence.Heard();
            if (isOver)
                return;
        }
    }

    private void Keep(Span<byte> block)
    {
        var known = (int)Math.Min(_known, block.Length);
        _known -= known;
        var fresh = block.Length - known;
        if (known > 0)
            block[known..].CopyTo(block);
        _hash.AppendData(block[..fresh]);
        _count += fresh;
        _pipe.Writer.Advance(fresh);
    }

    private void Begin() => _arriving ??= Task.Run(ArriveAsync);

    private async Task ArriveAsync()
    {
        Exception? error = null;
        try
        {
            if (await _transfer(this, _cancel.Token).ConfigureAwait(false) is { } fault)
                error = new ArrivalException(fault);
            else if (_count != _blob.Size || !_hash.GetHashAndReset().AsSpan().SequenceEqual(_blob.Id.Span))
                error = new ArrivalException(BlobTransfer.NotTheBlob(_count, BlobId.FromDigest(_blob.Id.Span), _blob.Size));
            else
                IsWhole = true;
        }
#pragma warning disable CA1031 // whatever it is, the reader gets it
        catch (Exception e)
#pragma warning restore CA1031
        {
            error = e;
        }

        await _pipe.Writer.CompleteAsync(error).ConfigureAwait(false);
    }

    private int Take(ReadResult read, Span<byte> buffer)
    {
        var taken = (int)Math.Min(read.Buffer.Length, buffer.Length);
        var part = read.Buffer.Slice(0, taken);
        System.Buffers.BuffersExtensions.CopyTo(part, buffer);
        _pipe.Reader.AdvanceTo(part.End);
        return taken;
    }
}
