using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>The streams speak the same format as the one-shot calls, whatever the sizes of reads and writes.</summary>
public sealed class PartStreamSpecs
{
    public static TheoryData<CipherSuite> AllSuites => Samples.Suites;

    private static readonly Gen<int> Sizes = Gen.OneOf(
        Gen.Int[0, 200_000], Gen.OneOf(0, 1, 65535, 65536, 65537, 131071, 131072, 131073));

    private static readonly Gen<int> Pieces = Gen.OneOf(Gen.Int[1, 100_000], Gen.OneOf(1000, 65535, 65536, 65537, 200_000));

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Streams_and_one_shot_calls_read_each_other(CipherSuite suite)
        => Gen.Select(Sizes, Pieces, Pieces).Sample((size, written, read) =>
        {
            var plain = Pattern(size);
            var streamed = Encrypt(plain, suite, written);
            return streamed.Length == PartFormat.CipherLength(size)
                && PartCipher.Open(streamed, Key, Context).Value.AsSpan().SequenceEqual(plain)
                && Decrypt(PartCipher.Seal(plain, Key, suite, Context), read).AsSpan().SequenceEqual(plain);
        }, iter: suite == CipherSuite.Aes256GcmSiv ? 15 : 60);

    [Theory]
    [MemberData(nameof(AllSuites))]
    public async Task Asynchronous_streams_round_trip_in_small_and_large_pieces(CipherSuite suite)
    {
        foreach (var size in new[] { 0, 10, 65536, 65537, 150_000 })
        {
            using var cipher = new MemoryStream();
            await PartCipher.EncryptAsync(new Trickle(Pattern(size), 7001), cipher, Key, suite, Context);
            using var plain = new MemoryStream();
            await PartCipher.DecryptAsync(new Trickle(cipher.ToArray(), 977), plain, Key, Context);

            Assert.Equal(Pattern(size), plain.ToArray());
            await using var again = new PartDecryptStream(new MemoryStream(cipher.ToArray()), Key, Context);
            var piece = new byte[5000];
            using var collected = new MemoryStream();
            for (var n = await again.ReadAsync(piece); n > 0; n = await again.ReadAsync(piece))
                collected.Write(piece, 0, n);
            Assert.Equal(Pattern(size), collected.ToArray());
        }
    }

    [Fact]
    public void A_stream_disposed_before_completion_never_looks_finished()
    {
        foreach (var size in new[] { 0, 100, 65536, 65537, 131072, 140_000 })
        {
            var cipher = new MemoryStream();
            using (var encrypting = new PartEncryptStream(cipher, Key, CipherSuite.Aes256Gcm, Context))
                encrypting.Write(Pattern(size));
            Assert.Equal(FaultCodes.DecryptFailed, Assert.Throws<PartCorruptException>(() => Decrypt(cipher.ToArray(), 65536)).Fault.Code);
        }
    }

    [Fact]
    public void Nothing_is_read_past_the_first_bad_segment()
    {
        var part = PartCipher.Seal(Pattern(4 * 65536), Key, CipherSuite.Aes256Gcm, Context);
        part[PartFormat.HeaderSize + (2 * PartFormat.SealedSegmentSize) + 500] ^= 1;
        using var decrypting = new PartDecryptStream(new MemoryStream(part), Key, Context);
        var buffer = new byte[10_000];
        using var read = new MemoryStream();

        var corrupt = Assert.Throws<PartCorruptException>(() =>
        {
            for (var n = decrypting.Read(buffer); n > 0; n = decrypting.Read(buffer))
                read.Write(buffer, 0, n);
        });

        Assert.Contains("segment 2 does not authenticate", corrupt.Message, StringComparison.Ordinal);
        Assert.Equal(Pattern(4 * 65536).AsSpan(0, 2 * 65536).ToArray(), read.ToArray());
        Assert.Throws<PartCorruptException>(() => decrypting.Read(buffer));
    }

    [Fact]
    public void Truncation_at_every_border_and_trailing_bytes_throw()
    {
        var part = PartCipher.Seal(Pattern(2 * 65536), Key, CipherSuite.Aes256Gcm, Context);
        const int First = PartFormat.HeaderSize + PartFormat.SealedSegmentSize;
        foreach (var length in new[] { 0, 30, PartFormat.HeaderSize, PartFormat.HeaderSize + 3, First, First + 3, part.Length - 1 })
            Assert.Throws<PartCorruptException>(() => Decrypt(part[..length], 65536));
        Assert.Contains("bytes follow segment 1", Assert.Throws<PartCorruptException>(() => Decrypt([.. part, 0], 65536)).Message, StringComparison.Ordinal);
        Assert.Contains("not the last", Assert.Throws<PartCorruptException>(() => Decrypt(part[..First], 65536)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_asynchronous_decryptor_throws_too()
    {
        var part = PartCipher.Seal(Pattern(70_000), Key, CipherSuite.Aes256Gcm, Context);
        part[^1] ^= 1;
        using var plain = new MemoryStream();
        var corrupt = await Assert.ThrowsAsync<PartCorruptException>(
            () => PartCipher.DecryptAsync(new MemoryStream(part), plain, Key, Context));
        Assert.Contains("segment 1", corrupt.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Completing_twice_is_harmless_and_writing_after_it_is_not()
    {
        var cipher = new MemoryStream();
        using var encrypting = new PartEncryptStream(cipher, Key, CipherSuite.Aes256Gcm, Context, leaveOpen: true);
        encrypting.Write([1, 2, 3]);
        encrypting.Complete();
        encrypting.Complete();
        Assert.Throws<InvalidOperationException>(() => encrypting.Write([4]));
        Assert.Equal([1, 2, 3], Decrypt(cipher.ToArray(), 100));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_stream_below_is_closed_unless_asked_otherwise(bool leaveOpen)
    {
        var under = new MemoryStream(PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, Context));
        new PartDecryptStream(under, Key, Context, leaveOpen).Dispose();
        Assert.Equal(leaveOpen, under.CanRead);
        var over = new MemoryStream();
        new PartEncryptStream(over, Key, CipherSuite.Aes256Gcm, Context, leaveOpen).Dispose();
        Assert.Equal(leaveOpen, over.CanWrite);
    }

    private static byte[] Decrypt(byte[] part, int piece) => Decrypt(part, piece, Key, Context);

    internal static byte[] Decrypt(byte[] part, int piece, byte[] key, PartContext context)
    {
        using var decrypting = new PartDecryptStream(new Trickle(part, (piece / 3) + 1), key, context);
        using var plain = new MemoryStream();
        var buffer = new byte[piece];
        for (var n = decrypting.Read(buffer); n > 0; n = decrypting.Read(buffer))
            plain.Write(buffer, 0, n);
        Assert.Equal(0, decrypting.Read(buffer));
        return plain.ToArray();
    }

    private static byte[] Encrypt(byte[] plain, CipherSuite suite, int piece)
    {
        var cipher = new MemoryStream();
        using var encrypting = new PartEncryptStream(cipher, Key, suite, Context);
        for (var at = 0; at < plain.Length; at += piece)
            encrypting.Write(plain.AsSpan(at, Math.Min(piece, plain.Length - at)));
        encrypting.Complete();
        return cipher.ToArray();
    }
}
