using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>The part format in one shot: what opens, and that nothing else does.</summary>
public sealed class PartCipherSpecs
{
    private static readonly int[] Borders =
    [
        0, 1, 15, 16, 17, 65535, 65536, 65537, (2 * 65536) - 1, 2 * 65536, (2 * 65536) + 1, (3 * 65536) + 100,
    ];

    public static TheoryData<CipherSuite> AllSuites => Samples.Suites;

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Every_size_around_the_segment_borders_round_trips(CipherSuite suite)
    {
        foreach (var size in Borders)
        {
            var sealedPart = PartCipher.Seal(Pattern(size), Key, suite, Context);
            Assert.Equal(PartFormat.CipherLength(size), sealedPart.Length);
            Assert.Equal(size, PartFormat.PlainLength(sealedPart.Length));
            Assert.Equal(Pattern(size), PartCipher.Open(sealedPart, Key, Context).Value);
        }
    }

    [Fact]
    public void Any_size_has_one_ciphertext_length_and_back()
        => Gen.Long[0, 1L << 40].Sample(size => PartFormat.PlainLength(PartFormat.CipherLength(size)) == size);

    [Fact]
    public void Lengths_that_no_part_has_are_told()
    {
        Assert.Equal(-1, PartFormat.PlainLength(0));
        Assert.Equal(-1, PartFormat.PlainLength(PartFormat.HeaderSize + 15));
        Assert.Equal(0, PartFormat.PlainLength(PartFormat.HeaderSize + 16));
        Assert.Equal(-1, PartFormat.PlainLength(PartFormat.HeaderSize + PartFormat.SealedSegmentSize + 15));
        Assert.Equal(-1, PartFormat.PlainLength(PartFormat.HeaderSize + PartFormat.SealedSegmentSize + 16));
        Assert.Equal(65537, PartFormat.PlainLength(PartFormat.HeaderSize + PartFormat.SealedSegmentSize + 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => PartFormat.CipherLength(-1));
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Every_single_flipped_byte_fails(CipherSuite suite)
    {
        var sealedPart = PartCipher.Seal(Pattern(300), Key, suite, Context);
        for (var i = 0; i < sealedPart.Length; i++)
        {
            sealedPart[i] ^= 0x41;
            Refused(PartCipher.Open(sealedPart, Key, Context));
            sealedPart[i] ^= 0x41;
        }

        Assert.True(PartCipher.Open(sealedPart, Key, Context).IsOk);
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Every_truncation_fails(CipherSuite suite)
    {
        var sealedPart = PartCipher.Seal(Pattern(300), Key, suite, Context);
        for (var length = 0; length < sealedPart.Length; length++)
            Refused(PartCipher.Open(sealedPart.AsSpan(0, length), Key, Context));
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Flips_cuts_and_additions_anywhere_in_several_segments_fail(CipherSuite suite)
    {
        var sealedPart = PartCipher.Seal(Pattern((2 * 65536) + 500), Key, suite, Context);
        Gen.Select(Gen.Int[0, sealedPart.Length - 1], Gen.Int[1, 255]).Sample((at, mask) =>
        {
            var changed = (byte[])sealedPart.Clone();
            changed[at] ^= (byte)mask;
            return PartCipher.Open(changed, Key, Context).Fault?.Code == FaultCodes.DecryptFailed
                && PartCipher.Open(sealedPart.AsSpan(0, at), Key, Context).Fault?.Code == FaultCodes.DecryptFailed
                && PartCipher.Open([.. sealedPart, .. changed.AsSpan(0, mask)], Key, Context).Fault?.Code == FaultCodes.DecryptFailed;
        }, iter: 100);
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Cuts_and_additions_at_the_segment_border_say_so(CipherSuite suite)
    {
        const int Border = PartFormat.HeaderSize + PartFormat.SealedSegmentSize;
        var two = PartCipher.Seal(Pattern(65536 + 10), Key, suite, Context);
        var one = PartCipher.Seal(Pattern(65536), Key, suite, Context);

        Refused(PartCipher.Open(two.AsSpan(0, Border), Key, Context), "ends after segment 0, which is not the last: truncated");
        Refused(PartCipher.Open(two.AsSpan(0, Border + 5), Key, Context), "ends inside segment 1: truncated");
        Refused(PartCipher.Open(two.AsSpan(0, 20), Key, Context), "ends inside the header, after 20 of 51 bytes");
        Refused(PartCipher.Open(two.AsSpan(0, PartFormat.HeaderSize), Key, Context), "ends after the header");
        Refused(PartCipher.Open([.. one, 1, 2, 3], Key, Context), "bytes follow segment 0, which is the last");
        Refused(PartCipher.Open(two[..^1], Key, Context), "segment 1 does not authenticate");
        Refused(PartCipher.Open(two, TaskKey, Context), "segment 0 does not authenticate");
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Swapped_repeated_and_dropped_segments_fail(CipherSuite suite)
    {
        var part = PartCipher.Seal(Pattern((3 * 65536) + 7), Key, suite, Context);
        var header = part[..PartFormat.HeaderSize];
        byte[] Segment(int n) => part.AsSpan(PartFormat.HeaderSize + (n * PartFormat.SealedSegmentSize)) is var rest && n < 3
            ? rest[..PartFormat.SealedSegmentSize].ToArray()
            : rest.ToArray();

        Refused(PartCipher.Open([.. header, .. Segment(1), .. Segment(0), .. Segment(2), .. Segment(3)], Key, Context), "segment 0");
        Refused(PartCipher.Open([.. header, .. Segment(0), .. Segment(0), .. Segment(2), .. Segment(3)], Key, Context), "segment 1");
        Refused(PartCipher.Open([.. header, .. Segment(0), .. Segment(1), .. Segment(3)], Key, Context), "segment 2");
        Refused(PartCipher.Open([.. header, .. Segment(3)], Key, Context), "segment 0");
        Assert.True(PartCipher.Open([.. header, .. Segment(0), .. Segment(1), .. Segment(2), .. Segment(3)], Key, Context).IsOk);
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void Segments_of_two_encryptions_under_one_key_do_not_mix(CipherSuite suite)
    {
        var one = PartCipher.Seal(Pattern(65536 + 9), Key, suite, Context);
        var other = PartCipher.Seal(Pattern(65536 + 9), Key, suite, Context);
        const int Border = PartFormat.HeaderSize + PartFormat.SealedSegmentSize;

        Assert.NotEqual(one.AsSpan(44, 7).ToArray(), other.AsSpan(44, 7).ToArray());
        Refused(PartCipher.Open([.. one.AsSpan(0, Border), .. other.AsSpan(Border)], Key, Context), "segment 1");
        Refused(PartCipher.Open([.. one.AsSpan(0, PartFormat.HeaderSize), .. other.AsSpan(PartFormat.HeaderSize)], Key, Context), "segment 0");
    }

    [Fact]
    public void An_empty_last_segment_after_others_is_refused()
    {
        using var sealer = new PartSealer(Key, CipherSuite.Aes256Gcm, Context);
        var part = new byte[PartFormat.HeaderSize + PartFormat.SealedSegmentSize + PartFormat.TagSize];
        sealer.Header.CopyTo(part, 0);
        sealer.Seal(Pattern(65536), part.AsSpan(PartFormat.HeaderSize), last: false);
        sealer.Seal(default, part.AsSpan(PartFormat.HeaderSize + PartFormat.SealedSegmentSize), last: true);

        Refused(PartCipher.Open(part, Key, Context), "the last segment, 1, is empty");
    }

    [Fact]
    public void Keys_of_another_length_are_a_programming_error()
    {
        Assert.Throws<ArgumentException>(() => PartCipher.Seal([1], new byte[16], CipherSuite.Aes256Gcm, Context));
        Assert.Throws<ArgumentOutOfRangeException>(() => PartCipher.Seal([1], Key, (CipherSuite)9, Context));
        var part = PartCipher.Seal([1], Key, CipherSuite.Aes256Gcm, Context);
        Assert.Throws<ArgumentException>(() => PartCipher.Open(part, new byte[31], Context));
    }

    [Fact]
    public void Suites_have_exactly_one_name()
    {
        Assert.Equal(["aes-256-gcm", "chacha20-poly1305", "aes-256-gcm-siv"], CipherSuites.All.Select(CipherSuites.Name));
        foreach (var suite in CipherSuites.All)
            Assert.True(CipherSuites.TryParse(CipherSuites.Name(suite), out var parsed) && parsed == suite);
        Assert.False(CipherSuites.TryParse("AES-256-GCM", out _));
        Assert.False(CipherSuites.TryParse(null, out _));
    }

    private static void Refused(Outcome<byte[]> opened, string where = "")
    {
        Assert.Equal(FaultCodes.DecryptFailed, opened.Fault?.Code);
        Assert.Contains(where, opened.Fault?.Message, StringComparison.Ordinal);
        Assert.StartsWith($"The {Context} does not decrypt: ", opened.Fault?.Message, StringComparison.Ordinal);
    }
}
