namespace Rxelon.Client.Tests.Splitting;

/// <summary>The same row again and again.</summary>
internal sealed class RepeatingStream(byte[] row, long rows = long.MaxValue / 1024) : Shared.Crypto.ReadOnlyStream
{
    internal long Delivered { get; private set; }

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, (rows * row.Length) - Delivered);
        for (var i = 0; i < count; i++)
            buffer[i] = row[(Delivered + i) % row.Length];
        Delivered += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
}
