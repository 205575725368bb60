using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>The streams that put reading and writing on a thread of their own change neither bytes nor order nor errors.</summary>
public sealed class AsideSpecs
{
    private static readonly Gen<int> Sizes = Gen.OneOf(
        Gen.Int[0, 2_000_000], Gen.OneOf(0, 1, WriteBehind.BlockSize - 1, WriteBehind.BlockSize, WriteBehind.BlockSize + 1, 4 * WriteBehind.BlockSize));

    private static readonly Gen<int> Pieces = Gen.OneOf(Gen.Int[1, 300_000], Gen.OneOf(977, 65536, WriteBehind.BlockSize));

    [Fact]
    public void Blocks_written_behind_are_the_bytes_in_their_order()
        => Gen.Select(Sizes, Pieces).Sample((size, piece) =>
        {
            var plain = Pattern(size);
            var given = new MemoryStream();
            using var behind = new WriteBehind(block => given.Write(block.Span));
            for (var at = 0; at < size; at += piece)
                behind.Write(plain.AsSpan(at, Math.Min(piece, size - at)));
            behind.Flush();
            return given.ToArray().AsSpan().SequenceEqual(plain);
        }, iter: 40);

    [Fact]
    public async Task What_goes_wrong_behind_comes_out_of_a_later_call_and_nothing_follows_it()
    {
        var given = 0;
        await using var behind = new WriteBehind(_ => throw new IOException(given++ == 0 ? "full" : "went on"));
        var error = await Assert.ThrowsAsync<IOException>(async () =>
        {
            for (var i = 0; i < 10; i++)
                await behind.WriteAsync(new byte[WriteBehind.BlockSize]);
            await behind.FlushAsync();
        });
        Assert.Equal("full", error.Message);
        Assert.Equal(1, given);
    }

    [Fact]
    public Task Bytes_read_ahead_are_those_of_the_stream()
        => Gen.Select(Sizes, Pieces).SampleAsync(async (size, piece) =>
        {
            var plain = Pattern(size);
            await using var ahead = new ReadAhead(new PartDecryptStream(new MemoryStream(PartCipher.Seal(plain, Key, CipherSuite.Aes256Gcm, Context)), Key, Context));
            var read = new MemoryStream();
            var buffer = new byte[piece];
            for (var sync = true; (sync ? ahead.Read(buffer) : await ahead.ReadAsync(buffer)) is > 0 and var count; sync = !sync)
                read.Write(buffer, 0, count);
            return read.ToArray().AsSpan().SequenceEqual(plain);
        }, iter: 40);

    [Fact]
    public async Task A_damaged_end_is_thrown_after_what_was_authentic_and_never_looks_like_the_end()
    {
        var cipher = PartCipher.Seal(Pattern(3_000_000), Key, CipherSuite.Aes256Gcm, Context);
        foreach (var damaged in new[] { cipher[..^1], cipher[..^200_000] })
        {
            await using var ahead = new ReadAhead(new PartDecryptStream(new MemoryStream(damaged), Key, Context));
            var error = await Assert.ThrowsAsync<PartCorruptException>(() => ahead.CopyToAsync(Stream.Null));
            Assert.Equal(FaultCodes.DecryptFailed, error.Fault.Code);
            Assert.Throws<PartCorruptException>(() => ahead.Read(new byte[1]));
        }
    }

    [Fact]
    public async Task Whoever_stops_reading_ahead_leaves_the_stream_at_rest()
    {
        var inner = new Counting();
        var ahead = new ReadAhead(inner);
        Assert.True(await ahead.ReadAsync(new byte[10]) > 0);
        await ahead.DisposeAsync();
        var reads = inner.Reads;
        Assert.InRange(reads, 1, 10);
        await Task.Yield();
        Assert.Equal(reads, inner.Reads);
    }

    /// <summary>Never ends.</summary>
    private sealed class Counting : ReadOnlyStream
    {
        internal int Reads { get; private set; }

        public override bool CanRead => true;

        public override int Read(Span<byte> buffer)
        {
            Reads++;
            return buffer.Length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => ValueTask.FromResult(Read(buffer.Span));
    }
}
