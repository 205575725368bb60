using Rxelon.Shared.Crypto;
using static Rxelon.Shared.Tests.Crypto.Samples;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>
/// JavaScript libraries that share no code with ours (@hpke, @noble, Node's own) open what we seal, and we open theirs:
/// tests/interop/interop.mjs. Needs Node 18 or later and the packages of tests/interop/package-lock.json.
/// </summary>
public sealed class InteropSpecs
{
    private sealed record HpkeTest(
        int Aead, byte[] RecipientPrivate, byte[] RecipientPublic, byte[] Info, byte[] Aad, byte[] Plain, byte[] Encapsulated, byte[] Ciphertext);

    private sealed record PartTest(
        string Suite, byte[] TaskKey, string Label, int Role, byte[] Task, int Part, int Attempt, string Name, byte[] Plain, byte[] Sealed);

    private sealed record SignatureTest(byte[] Seed, byte[] PublicKey, string Domain, byte[][] Fields, byte[] Signature);

    private sealed record Tests(HpkeTest[] Hpke, PartTest[] Parts, SignatureTest[] Signatures);

    private static readonly (PartContext Context, byte[] Key, string Label)[] Slots =
    [
        (PartContext.Input(ThisTask, 12), KeySchedule.Input(TaskKey, 12), "rx/key/v1/input/12"),
        (PartContext.Result(ThisTask, 12, 3), KeySchedule.Result(TaskKey, 12, 3), "rx/key/v1/result/12/3"),
        (PartContext.Log(ThisTask, 0, 1), KeySchedule.Log(TaskKey, 0, 1), "rx/key/v1/log/0/1"),
        (PartContext.Shared(ThisTask, "módulo.wasm"), KeySchedule.Shared(TaskKey, "módulo.wasm"), "rx/key/v1/shared/módulo.wasm"),
    ];

    private static readonly int[] Sizes = [0, 1, 65536, 65537, 150_000];

    [Fact]
    public async Task Independent_code_opens_ours_and_we_open_theirs()
    {
        var ours = new Tests([.. HpkeTests()], [.. PartTests()], [.. SignatureTests()]);

        var theirs = await NodeScript.RunAsync<Tests, Tests>("interop.mjs", ours);

        Assert.Equal((ours.Hpke.Length, ours.Parts.Length, ours.Signatures.Length), (theirs.Hpke.Length, theirs.Parts.Length, theirs.Signatures.Length));
        foreach (var (mine, test) in ours.Hpke.Zip(theirs.Hpke))
        {
            Assert.NotEqual(mine.Encapsulated, test.Encapsulated);
            Assert.Equal(mine.Plain, Hpke.Open(mine.RecipientPrivate, test.Encapsulated, mine.Info, mine.Aad, test.Ciphertext, (HpkeAead)mine.Aead).Value);
        }

        foreach (var (mine, test) in ours.Parts.Zip(theirs.Parts))
        {
            var (context, key, _) = Slots.Single(slot => slot.Label == mine.Label);
            Assert.NotEqual(mine.Sealed, test.Sealed);
            Assert.Equal(mine.Plain, PartCipher.Open(test.Sealed, key, context).Value);
            Assert.Equal(mine.Plain, PartStreamSpecs.Decrypt(test.Sealed, 10_000, key, context));
        }

        // Ed25519 is deterministic: the same bytes, not just valid ones.
        foreach (var (mine, test) in ours.Signatures.Zip(theirs.Signatures))
            Assert.Equal(mine.Signature, test.Signature);
    }

    private static IEnumerable<HpkeTest> HpkeTests()
    {
        using var pair = ExchangeKeyPair.Generate();
        var wrap = KeyWrapContext.PartGrant(ThisTask, 3, 2, Node, "result");
        foreach (var aead in Enum.GetValues<HpkeAead>())
        {
            foreach (var (info, aad, plain) in new[] { (wrap.ToInfo(), Array.Empty<byte>(), Key), ([], [1, 2], []), ([9], [], Pattern(1000)) })
            {
                var message = Hpke.Seal(pair.PublicKey, info, aad, plain, aead);
                yield return new HpkeTest((int)aead, pair.ExportPrivate(), pair.PublicKey, info, aad, plain, message.Encapsulated, message.Ciphertext);
            }
        }

        var key = KeyWrap.Wrap(TaskKey, pair.PublicKey, wrap);
        yield return new HpkeTest((int)HpkeAead.Aes256Gcm, pair.ExportPrivate(), pair.PublicKey, wrap.ToInfo(), [], TaskKey, key.Encapsulated, key.Ciphertext);
    }

    private static IEnumerable<PartTest> PartTests()
        => from suite in CipherSuites.All
           from slot in Slots
           from size in Sizes
           let plain = Pattern(size)
           let context = slot.Context
           select new PartTest(
               CipherSuites.Name(suite), TaskKey, slot.Label, (int)context.Role, context.Task.ToBytes(), context.Part, context.Attempt,
               context.Name, plain, PartCipher.Seal(plain, slot.Key, suite, context));

    private static IEnumerable<SignatureTest> SignatureTests()
    {
        using var pair = SigningKeyPair.FromSeed(Key);
        foreach (var fields in new byte[][][] { [], [[]], [[1, 2, 3], [], Pattern(500)] })
            yield return new SignatureTest(Key, pair.PublicKey, "rx/test/v1", fields, pair.Sign(Signatures.Message("rx/test/v1", fields)));
    }
}
