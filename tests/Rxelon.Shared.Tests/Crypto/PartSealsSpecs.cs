using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

public sealed class PartSealsSpecs
{
    public static TheoryData<CipherSuite> AllSuites => Samples.Suites;

    [Theory]
    [MemberData(nameof(AllSuites))]
    public async Task A_repeated_encryption_gives_the_same_bytes(CipherSuite suite)
    {
        foreach (var size in (int[])[0, 1, 65535, 65536, 65537, 200_000])
        {
            var plain = Pattern(size);
            var (cipher, seals) = await OnceAsync(plain, suite);
            Assert.Equal(cipher, (await AgainAsync(plain, suite, PartSeals.Parse(seals.ToBytes()).Value)).Written);
            Assert.Equal(plain, PartCipher.Open(cipher, Key, Context).Value);
        }
    }

    [Theory]
    [MemberData(nameof(AllSuites))]
    public async Task Another_plaintext_is_noticed_before_anything_that_differs_goes_out(CipherSuite suite)
    {
        var plain = Pattern(200_000);
        var (cipher, seals) = await OnceAsync(plain, suite);
        byte[] changed = [.. plain];
        changed[140_000] ^= 1;
        byte[][] others = [changed, plain[..131_072], plain[..199_999], [.. plain, 0], [.. plain, .. plain]];
        foreach (var other in others)
        {
            var (written, error) = await AgainAsync(other, suite, seals);
            Assert.IsType<PlaintextChangedException>(error);
            Assert.Equal(cipher[..written.Length], written);
        }

        var (first, _) = await AgainAsync(changed, suite, seals);
        Assert.Equal(PartFormat.HeaderSize + (2 * PartFormat.SealedSegmentSize), first.Length);
    }

    [Fact]
    public async Task Seals_are_those_of_one_key_and_place()
    {
        var plain = Pattern(1000);
        var (_, seals) = await OnceAsync(plain, CipherSuite.Aes256Gcm);
        using var into = new MemoryStream();
        var elsewhere = PartEncryptStream.Again(into, Key, CipherSuite.Aes256Gcm, PartContext.Input(ThisTask, 7), seals);
        await elsewhere.WriteAsync(plain);
        await Assert.ThrowsAsync<PlaintextChangedException>(() => elsewhere.CompleteAsync());
        Assert.Equal(0, into.Length);
    }

    [Fact]
    public async Task Seals_that_are_cut_are_refused()
    {
        var (_, seals) = await OnceAsync(Pattern(1000), CipherSuite.Aes256Gcm);
        Assert.Equal(FaultCodes.Malformed, PartSeals.Parse(seals.ToBytes().AsSpan()[..^1]).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, PartSeals.Parse([]).Fault?.Code);
    }

    private static async Task<(byte[] Cipher, PartSeals Seals)> OnceAsync(byte[] plain, CipherSuite suite)
    {
        using var into = new MemoryStream();
        await using var encrypting = PartEncryptStream.Repeatable(into, Key, suite, Context);
        await encrypting.WriteAsync(plain);
        await encrypting.CompleteAsync();
        return (into.ToArray(), encrypting.Seals);
    }

    private static async Task<(byte[] Written, Exception? Error)> AgainAsync(byte[] plain, CipherSuite suite, PartSeals seals)
    {
        using var into = new MemoryStream();
        await using var encrypting = PartEncryptStream.Again(into, Key, suite, Context, seals);
        var error = await Record.ExceptionAsync(async () =>
        {
            await encrypting.WriteAsync(plain);
            await encrypting.CompleteAsync();
        });
        return (into.ToArray(), error);
    }
}
