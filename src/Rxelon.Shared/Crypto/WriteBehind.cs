using System.Security.Cryptography;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Takes bytes and gives them on in order, in blocks, on another thread, while the next block fills: for what is worth a processor of
/// its own, such as hashing and writing a large file. What <paramref name="give"/> throws comes out of a later call.
/// <see cref="FlushAsync"/> returns when everything was given on. Two blocks of memory; not for concurrent use.
/// </summary>
/// <param name="give">Gets each block; it must not keep it.</param>
public sealed class WriteBehind(Action<ReadOnlyMemory<byte>> give) : WriteOnlyStream
{
    /// <summary>Bytes of one block.</summary>
    public const int BlockSize = 256 * 1024;

    private byte[] _filling = GC.AllocateUninitializedArray<byte>(BlockSize);
    private byte[] _giving = GC.AllocateUninitializedArray<byte>(BlockSize);
    private int _filled;
    private Task _behind = Task.CompletedTask;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            buffer = buffer[Take(buffer)..];
            if (_filled < BlockSize)
                continue;
            _behind.GetAwaiter().GetResult();
            GiveOn();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            buffer = buffer[Take(buffer.Span)..];
            if (_filled < BlockSize)
                continue;
            await _behind.WaitAsync(cancellationToken).ConfigureAwait(false);
            GiveOn();
        }
    }

    /// <inheritdoc/>
    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _behind.ConfigureAwait(false);
        if (_filled > 0)
            GiveOn();
        await _behind.ConfigureAwait(false);
    }

    /// <summary>Waits for the block under way; what was not flushed is forgotten.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // How it ended was for the writer to hear, who has given up.
            ((Task)_behind.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)).Wait();
            CryptographicOperations.ZeroMemory(_filling);
            CryptographicOperations.ZeroMemory(_giving);
        }

        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, BlockSize - _filled);
        buffer[..taken].CopyTo(_filling.AsSpan(_filled));
        _filled += taken;
        return taken;
    }

    // The block before has been given on.
    private void GiveOn()
    {
        var block = _filling.AsMemory(0, _filled);
        (_filling, _giving) = (_giving, _filling);
        _filled = 0;
        _behind = Task.Run(() => give(block));
    }
}
