using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Rxelon.Hub.Disk;

namespace Rxelon.Hub.Blobs;

/// <summary>
/// The growing end of an upload's file: a block is written on another thread while the next one is received. Two blocks of memory; not for
/// concurrent use.
/// </summary>
internal sealed class UploadFile : IAsyncDisposable
{
    internal const int BlockSize = AlignedBlock.Size;

    private const long WriteBackEvery = 8 << 20;

    private readonly SafeFileHandle _file;
    private readonly WritePath _path;
    private AlignedBlock _filling = AlignedBlock.Rent();
    private AlignedBlock? _writing;
    private Task _behind = Task.CompletedTask;
    private long _position;
    private long _started;
    private bool _isDirect;

    /// <summary>Opens a file that is <paramref name="length"/> long.</summary>
    internal UploadFile(string file, long length, WritePath path)
    {
        _file = File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _path = path;
        _position = _started = length;
    }

    /// <summary>What to fill next.</summary>
    internal Memory<byte> Block => _filling.Memory[..(BlockSize - (int)(_position % PageCache.Alignment))];

    /// <summary>
    /// Begins to write the first bytes of <see cref="Block"/>, which stay as they are until the next call; a block that is not full is the last.
    /// What the write before threw comes out here.
    /// </summary>
    internal async ValueTask WriteAsync(int count)
    {
        await _behind.ConfigureAwait(false);
        var (bytes, at, isLast) = (Block[..count], _position, count < Block.Length);
        _position += count;
        if (isLast)
        {
            Write(bytes.Span, at);
            return;
        }

        (_filling, _writing) = (_writing ?? AlignedBlock.Rent(), _filling);
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
        _filling.Dispose();
        _writing?.Dispose();
    }

    // Blocks are whole and aligned, but for the first one of an odd offset and the last one.
    private void Write(ReadOnlySpan<byte> bytes, long at)
    {
        var began = Stopwatch.GetTimestamp();
        var past = _path.IsDirect && at % PageCache.Alignment == 0 ? bytes.Length - (bytes.Length % PageCache.Alignment) : 0;
        if (past > 0)
            past = WriteDirect(bytes[..past], at);
        if (past < bytes.Length)
            WriteCached(bytes[past..], at + past);
        _path.Wrote(bytes.Length, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>How much of it was written: all, or nothing on a file system that does not do this.</summary>
    private int WriteDirect(ReadOnlySpan<byte> bytes, long at)
    {
        _isDirect = _isDirect || PageCache.TrySetDirect(_file, true);
        if (!_isDirect)
            return 0;
        try
        {
            RandomAccess.Write(_file, bytes, at);
            _started = at + bytes.Length;
            return bytes.Length;
        }
        catch (IOException e) when (e.HResult == PageCache.Invalid)
        {
            return 0;
        }
    }

    private void WriteCached(ReadOnlySpan<byte> bytes, long at)
    {
        if (_isDirect)
            _isDirect = !PageCache.TrySetDirect(_file, false);
        RandomAccess.Write(_file, bytes, at);
        var end = at + bytes.Length;
        if (end - _started < WriteBackEvery)
            return;
        PageCache.StartWriteBack(_file, _started, end - _started);
        _started = end;
    }
}
