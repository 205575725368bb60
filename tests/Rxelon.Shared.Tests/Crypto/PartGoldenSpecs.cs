using Rxelon.Shared.Crypto;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>
/// Files written once with fixed key, context and nonce prefix: what is stored today must open for ever, and the same input
/// must still give the same bytes. A changed format needs a new version and new files beside these, never new bytes in them.
/// </summary>
public sealed class PartGoldenSpecs
{
    private static readonly byte[] Plain = Pattern(65536 + 64);

    public static TheoryData<CipherSuite> AllSuites => Samples.Suites;

    [Theory]
    [MemberData(nameof(AllSuites))]
    public void The_stored_part_opens_and_is_still_what_we_write(CipherSuite suite)
    {
        var stored = File.ReadAllBytes(Repository.PathTo("tests", "Rxelon.Shared.Tests", "golden", $"part-{CipherSuites.Name(suite)}.bin"));

        Assert.Equal(Plain, PartCipher.Open(stored, Key, Context).Value);
        Assert.Equal(stored, PartCipher.SealWithPrefix(Plain, Key, suite, Context, "prefix7"u8));
    }

    [Fact]
    public void The_header_is_laid_out_as_documented()
    {
        var part = PartCipher.SealWithPrefix([1], Key, CipherSuite.ChaCha20Poly1305, PartContext.Shared(ThisTask, "abc"), "prefix7"u8);
        Assert.Equal(
            [
                .. "RXP1"u8, 1, 2, 4, 0, .. ThisTask.ToBytes(), .. Hex.Of("00000000 00000000 00010000"),
                .. Hex.Of("ba7816bf8f01cfea"), // SHA-256("abc"), FIPS 180-2 appendix B.1
                .. "prefix7"u8,
            ],
            part.AsSpan(0, PartFormat.HeaderSize).ToArray());
        Assert.Equal(PartFormat.HeaderSize + 1 + PartFormat.TagSize, part.Length);
    }
}
