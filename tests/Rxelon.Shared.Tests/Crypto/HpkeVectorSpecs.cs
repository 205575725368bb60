using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>RFC 9180, appendix A.1.1 (AES-128-GCM) and A.2.1 (ChaCha20-Poly1305): X25519, HKDF-SHA256, mode base.</summary>
public sealed class HpkeVectorSpecs
{
    private const string Plaintext = "4265617574792069732074727574682c20747275746820626561757479";

    public sealed record Vector(
        HpkeAead Aead, string SkE, string SkR, string PkR, string Enc, string Shared, string Key, string BaseNonce, (ulong Sequence, string Ciphertext)[] Encryptions)
    {
        public override string ToString() => Aead.ToString();
    }

    public static TheoryData<Vector> Vectors => new(
        new Vector(
            HpkeAead.Aes128Gcm,
            "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
            "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
            "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
            "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
            "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
            "4531685d41d65f03dc48f6b8302c05b0",
            "56d890e5accaaf011cff4b7d",
            [
                (0, "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"),
                (1, "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84"),
                (2, "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180"),
                (4, "583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a09fc0012bc69fccaa251c0246d"),
                (255, "7175db9717964058640a3a11fb9007941a5d1757fda1a6935c805c21af32505bf106deefec4a49ac38d71c9e0a"),
                (256, "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2df9f2"),
            ]),
        new Vector(
            HpkeAead.ChaCha20Poly1305,
            "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
            "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
            "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
            "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
            "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
            "5c4d98150661b848853b547f",
            [
                (0, "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"),
                (1, "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c"),
                (2, "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b"),
                (4, "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16"),
                (255, "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c"),
                (256, "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b"),
            ]));

    private static byte[] Info => Hex.Of("4f6465206f6e2061204772656369616e2055726e");

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Encapsulation_and_decapsulation_give_the_published_secret(Vector vector)
    {
        byte[] enc = new byte[32], sent = new byte[32], received = new byte[32];

        Assert.True(HpkeKem.Encapsulate(Hex.Of(vector.SkE), Hex.Of(vector.PkR), enc, sent));
        Assert.True(HpkeKem.Decapsulate(Hex.Of(vector.SkR), enc, received));

        Assert.Equal(Hex.Of(vector.Enc), enc);
        Assert.Equal(Hex.Of(vector.Shared), sent);
        Assert.Equal(Hex.Of(vector.Shared), received);
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_key_schedule_and_every_listed_encryption_match(Vector vector)
    {
        using var context = HpkeContext.Derive(Hex.Of(vector.Shared), Info, vector.Aead);

        Assert.Equal(Hex.Of(vector.Key), context.Key);
        Assert.Equal(Hex.Of(vector.BaseNonce), context.BaseNonce);
        foreach (var (sequence, ciphertext) in vector.Encryptions)
        {
            var aad = Encoding.ASCII.GetBytes($"Count-{sequence}");
            Assert.Equal(Hex.Of(ciphertext), context.Seal(sequence, aad, Hex.Of(Plaintext)));
            Assert.Equal(Hex.Of(Plaintext), context.Open(sequence, aad, Hex.Of(ciphertext)));
        }
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_single_message_matches_and_opens(Vector vector)
    {
        var aad = "Count-0"u8;
        var message = Hpke.SealWithEphemeral(Hex.Of(vector.SkE), Hex.Of(vector.PkR), Info, aad, Hex.Of(Plaintext), vector.Aead);

        Assert.Equal(Hex.Of(vector.Enc), message.Encapsulated);
        Assert.Equal(Hex.Of(vector.Encryptions[0].Ciphertext), message.Ciphertext);
        Assert.Equal(Hex.Of(Plaintext), Hpke.Open(Hex.Of(vector.SkR), message.Encapsulated, Info, aad, message.Ciphertext, vector.Aead).Value);
    }

    [Fact]
    public void Public_keys_of_low_order_are_refused_on_both_sides()
    {
        using var pair = ExchangeKeyPair.Generate();
        foreach (var low in LowOrder)
        {
            Assert.False(ExchangeKeyPair.IsUsablePublicKey(low));
            Assert.Throws<CryptographicException>(() => Hpke.Seal(low, default, default, "x"u8));
            var opened = Hpke.Open(pair.PrivateKey, low, default, default, new byte[48]);
            Assert.Equal(FaultCodes.DecryptFailed, opened.Fault?.Code);
            Assert.Contains("low order", opened.Fault?.Message, StringComparison.Ordinal);
        }

        Assert.True(ExchangeKeyPair.IsUsablePublicKey(pair.PublicKey));
        Assert.False(ExchangeKeyPair.IsUsablePublicKey(new byte[31]));
    }

    [Fact]
    public void Malformed_messages_are_faults_and_not_exceptions()
    {
        using var pair = ExchangeKeyPair.Generate();
        var message = Hpke.Seal(pair.PublicKey, Info, default, "x"u8);

        Assert.NotNull(Hpke.Open(pair.PrivateKey, message.Encapsulated.AsSpan(1), Info, default, message.Ciphertext).Fault);
        Assert.NotNull(Hpke.Open(pair.PrivateKey, message.Encapsulated, Info, default, message.Ciphertext.AsSpan(0, 15)).Fault);
        Assert.NotNull(Hpke.Open(pair.PrivateKey, message.Encapsulated, Info, "aad"u8, message.Ciphertext).Fault);
        Assert.NotNull(Hpke.Open(pair.PrivateKey, message.Encapsulated, default, default, message.Ciphertext).Fault);
        Assert.True(Hpke.Open(pair.PrivateKey, message.Encapsulated, Info, default, message.Ciphertext).IsOk);
    }

    /// <summary>Points of small order on Curve25519: 0, 1 and p - 1, whose agreement is zero with every key (RFC 7748 §6.1).</summary>
    private static IEnumerable<byte[]> LowOrder =>
    [
        new byte[32],
        Hex.Of("0100000000000000000000000000000000000000000000000000000000000000"),
        Hex.Of("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];
}
