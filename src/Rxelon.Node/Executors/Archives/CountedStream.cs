using Rxelon.Shared.Crypto;

namespace Rxelon.Node.Executors.Archives;

/// <summary>Reads another stream and counts the bytes; does not close it.</summary>
internal sealed class CountedStream(Stream inner) : ReadOnlyStream
{
    internal long Count { get; private set; }

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Count += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count += read;
        return read;
    }
}
