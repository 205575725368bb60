using Rxelon.Shared.Crypto;

namespace Rxelon.Cli.Output;

/// <summary>
/// Takes everything from the beginning and passes on what comes after <paramref name="said"/>, which was written before. When it begins
/// differently nothing is passed on, and <see cref="Differs"/> says so in the end.
/// </summary>
internal sealed class ContinuedStream(Stream inner, ReadOnlyMemory<byte> said) : WriteOnlyStream
{
    private int _matched;
    private bool _wrong;

    /// <summary>True when it does not begin with what was said, or ends before.</summary>
    internal bool Differs => _wrong || _matched < said.Length;

    /// <inheritdoc/>
    public override bool CanWrite => inner.CanWrite;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var known = Math.Min(buffer.Length, said.Length - _matched);
        _wrong |= !buffer[..known].SequenceEqual(said.Span.Slice(_matched, known));
        _matched += known;
        if (!_wrong)
            inner.Write(buffer[known..]);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
