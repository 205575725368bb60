using Rxelon.Shared.Crypto;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>Large parts stream through small, constant memory.</summary>
public sealed class PartMemorySpecs
{
    private const int Chunk = 65536;

    [Fact]
    public void A_quarter_of_a_gibibyte_streams_both_ways_without_allocating_per_segment()
    {
        const long Size = 256L << 20;
        RoundTrip(4L << 20, CipherSuite.Aes256Gcm);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Size, RoundTrip(Size, CipherSuite.Aes256Gcm));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Buffers of both streams and of this test; one object a segment would be 4,096 more of them.
        Assert.InRange(allocated, 0, 1 << 20);
    }

    /// <summary>Encrypts chunk by chunk into a reader that decrypts at once; returns how many right bytes came out.</summary>
    private static long RoundTrip(long size, CipherSuite suite)
    {
        using var source = new EncryptingSource(size, suite);
        using var decrypting = new PartDecryptStream(source, Samples.Key, Samples.Context);
        var buffer = new byte[Chunk];
        var total = 0L;
        for (var n = decrypting.Read(buffer); n > 0; n = decrypting.Read(buffer))
        {
            Assert.True(buffer.AsSpan(0, n).SequenceEqual(source.Expected.AsSpan(0, n)));
            total += n;
        }

        return total;
    }

    /// <summary>Gives ciphertext of repeated chunks as it is asked for, so that neither side is ever whole in memory.</summary>
    private sealed class EncryptingSource : ReadOnlyStream
    {
        private readonly MemoryStream _ready = new(2 * (Chunk + 100));
        private readonly PartEncryptStream _encrypting;
        private long _left;

        internal EncryptingSource(long size, CipherSuite suite)
        {
            _left = size;
            _encrypting = new PartEncryptStream(_ready, Samples.Key, suite, Samples.Context, leaveOpen: true);
        }

        internal byte[] Expected { get; } = Samples.Pattern(Chunk);

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            while (_ready.Position == _ready.Length && _encrypting.CanWrite)
            {
                _ready.SetLength(0);
                if (_left == 0)
                    _encrypting.Complete();
                else
                    _encrypting.Write(Expected);
                _left = Math.Max(0, _left - Chunk);
                _ready.Position = 0;
            }

            return _ready.Read(buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => new(Read(buffer.Span));

        protected override void Dispose(bool disposing)
        {
            _encrypting.Dispose();
            _ready.Dispose();
            base.Dispose(disposing);
        }
    }
}
