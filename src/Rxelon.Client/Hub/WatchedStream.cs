using Rxelon.Shared.Crypto;

namespace Rxelon.Client.Hub;

/// <summary>Reads like the inner stream, but a read that stays silent too long is an <see cref="IOException"/>.</summary>
internal sealed class WatchedStream(Stream inner, TimeProvider time, TimeSpan patience) : ReadOnlyStream
{
    public override bool CanRead => true;

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var alarm = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(alarm.Token, cancellationToken);
        try
        {
            return await inner.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (alarm.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {patience.TotalSeconds:0} s");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
