using System.Security.Cryptography;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// Takes plaintext, writes an encrypted part to the stream under it, in constant memory. <see cref="Complete"/> or
/// <see cref="CompleteAsync"/> writes the last segment; a stream disposed without it leaves a truncated part that
/// <see cref="PartDecryptStream"/> refuses, so a writer that failed half-way never looks finished. Flushing writes nothing
/// of its own: a segment goes out when it is full. Not for concurrent use.
/// </summary>
public sealed class PartEncryptStream : WriteOnlyStream
{
    private readonly Stream _inner;
    private readonly bool _leaveOpen;
    private readonly PartSealer _sealer;
    private readonly PartSeals.Recorder? _recorder;
    private readonly PartSeals? _seals;
    private byte[] _plain = [];
    private byte[] _sealed = [];
    private int _held;
    private bool _headerWritten;
    private bool _completed;
    private bool _disposed;

    /// <summary>Nothing is written to <paramref name="inner"/> before the first segment is full or the part is completed.</summary>
    public PartEncryptStream(Stream inner, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context, bool leaveOpen = false)
        : this(inner, new PartSealer(key, suite, context), leaveOpen)
    {
    }

    private PartEncryptStream(Stream inner, PartSealer sealer, bool leaveOpen)
    {
        _inner = inner;
        _leaveOpen = leaveOpen;
        _sealer = sealer;
    }

    private PartEncryptStream(Stream inner, PartSealer sealer, bool leaveOpen, PartSeals seals)
        : this(inner, sealer, leaveOpen) => _seals = seals;

    private PartEncryptStream(Stream inner, PartSealer sealer, bool leaveOpen, PartSeals.Recorder recorder)
        : this(inner, sealer, leaveOpen) => _recorder = recorder;

    /// <summary>An encryption that can be made again with its <see cref="Seals"/>. The inner stream stays open.</summary>
    public static PartEncryptStream Repeatable(Stream inner, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context)
    {
        var prefix = RandomNumberGenerator.GetBytes(NoncePrefixSize);
        return new PartEncryptStream(inner, new PartSealer(key, suite, context, prefix), leaveOpen: true, new PartSeals.Recorder(prefix));
    }

    /// <summary>
    /// Makes an encryption again: the same bytes from the same plaintext. Another plaintext is a <see cref="PlaintextChangedException"/>,
    /// before the segment in which it differs is written. The inner stream stays open.
    /// </summary>
    public static PartEncryptStream Again(Stream inner, ReadOnlySpan<byte> key, CipherSuite suite, PartContext context, PartSeals seals)
        => new(inner, new PartSealer(key, suite, context, seals.Prefix), leaveOpen: true, seals);

    /// <summary>After completion, of a <see cref="Repeatable"/> encryption: what <see cref="Again"/> needs.</summary>
    public PartSeals Seals => _completed && _recorder is not null
        ? _recorder.Finish()
        : throw new InvalidOperationException("Only a repeatable encryption has seals, and only when it is complete.");

    /// <inheritdoc/>
    public override bool CanWrite => !_disposed && !_completed;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfClosed();
        while (Take(ref buffer, out var sealedSize))
            _inner.Write(_sealed, 0, sealedSize);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        while (Take(ref buffer, out var sealedSize))
            await _inner.WriteAsync(_sealed.AsMemory(0, sealedSize), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the last segment. A second call does nothing.</summary>
    public void Complete()
    {
        if (FinalSegment() is { Length: > 0 } rest)
            _inner.Write(rest.Span);
        _inner.Flush();
    }

    /// <summary>Writes the last segment. A second call does nothing.</summary>
    public async Task CompleteAsync(CancellationToken ct = default)
    {
        if (FinalSegment() is { Length: > 0 } rest)
            await _inner.WriteAsync(rest, ct).ConfigureAwait(false);
        await _inner.FlushAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

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
            _sealer.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
            if (!_leaveOpen)
                _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Take(ref ReadOnlyMemory<byte> buffer, out int sealedSize)
    {
        var span = buffer.Span;
        var more = Take(ref span, out sealedSize);
        buffer = buffer[^span.Length..];
        return more;
    }

    /// <summary>Takes from the buffer; true when a segment is ready to go out. A full segment waits: it may be the last.</summary>
    private bool Take(ref ReadOnlySpan<byte> buffer, out int sealedSize)
    {
        sealedSize = 0;
        if (_held == 0 && buffer.Length > SegmentSize)
        {
            sealedSize = SealNext(buffer[..SegmentSize], last: false);
            buffer = buffer[SegmentSize..];
            return true;
        }

        var taken = Math.Min(buffer.Length, SegmentSize - _held);
        Hold(buffer[..taken]);
        buffer = buffer[taken..];
        if (buffer.IsEmpty)
            return false;
        sealedSize = SealNext(_plain.AsSpan(0, SegmentSize), last: false);
        _held = 0;
        return true;
    }

    /// <summary>Small parts stay in small buffers: it grows by doubling up to one segment.</summary>
    private void Hold(ReadOnlySpan<byte> plain)
    {
        if (_held + plain.Length > _plain.Length)
        {
            var larger = new byte[Math.Clamp(2 * _plain.Length, _held + plain.Length, SegmentSize)];
            _plain.AsSpan(0, _held).CopyTo(larger);
            CryptographicOperations.ZeroMemory(_plain);
            _plain = larger;
        }

        plain.CopyTo(_plain.AsSpan(_held));
        _held += plain.Length;
    }

    private ReadOnlyMemory<byte> FinalSegment()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed)
            return default;
        _completed = true;
        var size = SealNext(_plain.AsSpan(0, _held), last: true);
        return _sealed.AsMemory(0, size);
    }

    private int SealNext(ReadOnlySpan<byte> plain, bool last)
    {
        var needed = HeaderSize + TagSize + plain.Length;
        if (_sealed.Length < needed)
            _sealed = GC.AllocateUninitializedArray<byte>(needed);
        var at = 0;
        if (!_headerWritten)
        {
            _headerWritten = true;
            _sealer.Header.CopyTo(_sealed, 0);
            at = HeaderSize;
        }

        var size = at + _sealer.Seal(plain, _sealed.AsSpan(at), last);
        var tag = _sealed.AsSpan(size - TagSize, TagSize);
        _recorder?.Add(tag);
        if (_seals is null || _seals.Has(_sealer.Number, tag))
            return size;
        CryptographicOperations.ZeroMemory(_sealed);
        throw new PlaintextChangedException();
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed)
            throw new InvalidOperationException("The part is complete: nothing more can be written to it.");
    }
}
