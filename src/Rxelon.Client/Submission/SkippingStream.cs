using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Submission;

/// <summary>Drops the first bytes and passes on the rest.</summary>
internal sealed class SkippingStream(Stream inner, long skip) : WriteOnlyStream
{
    private long _left = skip;

    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer[Drop(buffer.Length)..]);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        => Drop(buffer.Length) is var dropped && dropped == buffer.Length ? ValueTask.CompletedTask : inner.WriteAsync(buffer[dropped..], cancellationToken);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private int Drop(int size)
    {
        var dropped = (int)Math.Min(size, _left);
        _left -= dropped;
        return dropped;
    }
}
