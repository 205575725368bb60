using System.Security.Cryptography;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Gives the plaintext of the encrypted part in the stream under it, in constant memory. A byte is handed out only after
/// its segment is authenticated; the end of the stream is reported only after the last segment is. Everything else is a
/// <see cref="PartCorruptException"/>, and stays one on further reads. Not for concurrent use.
/// </summary>
public sealed class PartDecryptStream : ReadOnlyStream
{
    private const int Lookahead = 1;

    private readonly Stream _inner;
    private readonly bool _leaveOpen;
    private readonly PartContext _context;
    private readonly byte[] _key;
    private readonly byte[] _sealed = GC.AllocateUninitializedArray<byte>(SealedSegmentSize + Lookahead);
    private byte[] _plain = [];
    private PartOpener? _opener;
    private Fault? _fault;
    private int _filled;
    private int _plainAt;
    private int _plainEnd;
    private bool _lastOpened;
    private bool _disposed;

    /// <summary>Nothing is read before the first read from this stream.</summary>
    public PartDecryptStream(Stream inner, ReadOnlySpan<byte> key, PartContext context, bool leaveOpen = false)
    {
        if (key.Length != KeySize)
            throw new ArgumentException($"A part key is {KeySize} bytes, not {key.Length}.", nameof(key));
        _inner = inner;
        _leaveOpen = leaveOpen;
        _context = context;
        _key = key.ToArray();
    }

    /// <inheritdoc/>
    public override bool CanRead => !_disposed;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ThrowIfUnusable();
        if (buffer.IsEmpty)
            return 0;
        if (_plainAt == _plainEnd && !_lastOpened)
        {
            if (_opener is null)
                Start(_inner.ReadAtLeast(_sealed.AsSpan(0, HeaderSize), HeaderSize, throwOnEndOfStream: false));
            var room = _sealed.AsSpan(_filled);
            _filled += _inner.ReadAtLeast(room, room.Length, throwOnEndOfStream: false);
            return OpenNext(buffer);
        }

        return TakeHeld(buffer);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfUnusable();
        if (buffer.IsEmpty)
            return 0;
        if (_plainAt == _plainEnd && !_lastOpened)
        {
            if (_opener is null)
                Start(await _inner.ReadAtLeastAsync(_sealed.AsMemory(0, HeaderSize), HeaderSize, false, cancellationToken).ConfigureAwait(false));
            var room = _sealed.AsMemory(_filled);
            _filled += await _inner.ReadAtLeastAsync(room, room.Length, false, cancellationToken).ConfigureAwait(false);
            return OpenNext(buffer.Span);
        }

        return TakeHeld(buffer.Span);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_disposed && !_leaveOpen)
            await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _opener?.Dispose();
            CryptographicOperations.ZeroMemory(_key);
            CryptographicOperations.ZeroMemory(_plain);
            if (!_leaveOpen)
                _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Start(int headerBytes)
    {
        var started = PartOpener.Start(_sealed.AsSpan(0, headerBytes), _key, _context);
        if (started.Fault is { } fault)
            throw Refuse(fault);
        _opener = started.Value;
    }

    /// <summary>One byte beyond a full segment tells whether it is the last; that byte starts the next one.</summary>
    private int OpenNext(Span<byte> buffer)
    {
        _lastOpened = _filled <= SealedSegmentSize;
        var segment = _sealed.AsSpan(0, _lastOpened ? _filled : SealedSegmentSize);
        var size = Math.Max(0, segment.Length - TagSize);
        var direct = buffer.Length >= size;
        if (!direct && _plain.Length == 0)
            _plain = new byte[SegmentSize];
        if (_opener!.Open(segment, direct ? buffer : _plain, _lastOpened) is { } fault)
            throw Refuse(fault);
        _sealed[0] = _sealed[SealedSegmentSize];
        _filled = Lookahead;
        if (direct)
            return size;
        (_plainAt, _plainEnd) = (0, size);
        return TakeHeld(buffer);
    }

    private int TakeHeld(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _plainEnd - _plainAt);
        _plain.AsSpan(_plainAt, taken).CopyTo(buffer);
        _plainAt += taken;
        return taken;
    }

    private PartCorruptException Refuse(Fault fault)
    {
        _fault = fault;
        return new PartCorruptException(fault);
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_fault is not null)
            throw new PartCorruptException(_fault);
    }
}
