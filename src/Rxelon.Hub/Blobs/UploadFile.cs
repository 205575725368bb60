using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Rxelon.Hub.Disk;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// The growing end of an upload's file: a block is written on another thread while the next one is received, and the disk begins long before
/// the sync. Two blocks of memory; not for concurrent use.
/// </summary>
internal sealed class UploadFile : IAsyncDisposable
{
    internal const int BlockSize = 512 * 1024;

    private const long WriteBackEvery = 8 << 20;

    private readonly SafeFileHandle _file;
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(BlockSize);
    private byte[]? _writing;
    private Task _behind = Task.CompletedTask;
    private long _position;
    private long _started;

    /// <summary>Opens a file that is <paramref name="length"/> long.</summary>
    internal UploadFile(string file, long length)
    {
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _position = _started = length;
    }

    /// <summary>What to fill next.</summary>
    internal Memory<byte> Block => _filling.AsMemory(0, BlockSize);

    /// <summary>
    /// Begins to write the first bytes of <see cref="Block"/>, which stay as they are until the next call; a block that is not full is the last.
    /// What the write before threw comes out here.
    /// </summary>
    internal async ValueTask WriteAsync(int count)
    {
        await _behind.ConfigureAwait(false);
        var (bytes, at) = (Block[..count], _position);
        _position += count;
        if (count < BlockSize)
        {
            Write(bytes.Span, at);
            return;
        }

        (_filling, _writing) = (_writing ?? ArrayPool<byte>.Shared.Rent(BlockSize), _filling);
        _behind = Task.Run(() => Write(bytes.Span, at));
    }

    /// <summary>Waits until everything is written, though not synced.</summary>
    internal Task FinishAsync() => _behind;

    internal void Truncate(long length) => RandomAccess.SetLength(_file, length);

    internal void Sync() => RandomAccess.FlushToDisk(_file);

    public async ValueTask DisposeAsync()
    {
        await _behind.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_filling);
        if (_writing is not null)
            ArrayPool<byte>.Shared.Return(_writing);
    }

    private void Write(ReadOnlySpan<byte> bytes, long at)
    {
        RandomAccess.Write(_file, bytes, at);
        var end = at + bytes.Length;
        if (end - _started < WriteBackEvery)
            return;
        WriteBack.Start(_file, _started, end - _started);
        _started = end;
    }
}
