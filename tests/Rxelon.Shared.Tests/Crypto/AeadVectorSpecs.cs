using Org.BouncyCastle.Crypto.Modes;
using Rxelon.Shared.Crypto;
using BouncyChaCha = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>The ciphers below the part format, against what their authors published.</summary>
public sealed class AeadVectorSpecs
{
    /// <summary>NIST CAVP, gcmEncryptExtIV256.rsp, 96-bit IV and 128-bit tag: key, IV, plaintext, AAD, ciphertext ‖ tag.</summary>
    [Theory]
    [InlineData(
        "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4", "516c33929df5a3284ff463d7", "", "",
        "bdc1ac884d332457a1d2664f168c76f0")]
    [InlineData(
        "78dc4e0aaf52d935c3c01eea57428f00ca1fd475f5da86a49c8dd73d68c8e223", "d79cf22d504cc793c3fb6c8a", "",
        "b96baa8c1c75a671bfb2d08d06be5f36", "3e5d486aa2e30b22e040b85723a06e76")]
    [InlineData(
        "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22", "0d18e06c7c725ac9e362e1ce",
        "2db5168e932556f8089a0622981d017d", "", "fa4362189661d163fcd6a56d8bf0405a d636ac1bbedd5cc3ee727dc2ab4a9489")]
    [InlineData(
        "24501ad384e473963d476edcfe08205237acfd49b5b8f33857f8114e863fec7f", "9ff18563b978ec281b3f2794",
        "27f348f9cdc0c5bd5e66b1ccb63ad920ff2219d14e8d631b3872265cf117ee86757accb158bd9abb3868fdc0d0b074b5f01b2c",
        "adb5ec720ccf9898500028bf34afccbcaca126ef",
        "eb7cb754c824e8d96f7c6d9b76c7d26fb874ffbf1d65c6f64a698d839b0b06145dae82057ad55994cf59ad7f67c0fa5e85fab8 bc95c532fecc594c36d1550286a7a3f0")]
    [InlineData(
        "82c4f12eeec3b2d3d157b0f992d292b237478d2cecc1d5f161389b97f999057a", "7b40b20f5f397177990ef2d1",
        "982a296ee1cd7086afad976945", "", "ec8e05a0471d6b43a59ca5335f 113ddeafc62373cac2f5951bb9165249")]
    public void Aes_256_gcm_matches_the_nist_vectors(string key, string nonce, string plain, string aad, string expected)
    {
        using var cipher = SegmentCipher.Create(CipherSuite.Aes256Gcm, Hex.Of(key));
        Check(cipher, nonce, plain, aad, expected);
    }

    /// <summary>RFC 8439 §2.8.2, by the platform and by Bouncy Castle, which stands in where the platform has none.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ChaCha20_poly1305_matches_rfc_8439(bool bouncy)
    {
        var key = Hex.Of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        using var cipher = bouncy
            ? new BouncyAeadCipher(new BouncyChaCha(), key)
            : SegmentCipher.Create(CipherSuite.ChaCha20Poly1305, key);
        Check(
            cipher,
            "070000004041424344454647",
            """
            4c616469657320616e642047656e746c656d656e206f662074686520636c6173
            73206f66202739393a204966204920636f756c64206f6666657220796f75206f
            6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73
            637265656e20776f756c642062652069742e
            """,
            "50515253c0c1c2c3c4c5c6c7",
            """
            d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
            3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
            92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
            3ff4def08e4b7a9de576d26586cec64b6116
            1ae10b594f09e26a7e902ecbd0600691
            """);
    }

    private const string SivKey = "0100000000000000000000000000000000000000000000000000000000000000";
    private const string SivNonce = "030000000000000000000000";

    /// <summary>RFC 8452, appendix C.2: key, nonce, plaintext, AAD, result.</summary>
    [Theory]
    [InlineData(SivKey, SivNonce, "", "", "07f5f4169bbf55a8400cd47ea6fd400f")]
    [InlineData(SivKey, SivNonce, "0100000000000000", "", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28")]
    [InlineData(
        SivKey, SivNonce, "01000000000000000000000000000000 02000000000000000000000000000000 03000000000000000000000000000000", "",
        "c00d121893a9fa603f48ccc1ca3c57ce7499245ea0046db16c53c7c66fe717e3 9cf6c748837b61f6ee3adcee17534ed5790bc96880a99ba804bd12c0e6a22cc4")]
    [InlineData(SivKey, SivNonce, "0200000000000000", "01", "1de22967237a813291213f267e3b452f02d01ae33e4ec854")]
    [InlineData(
        SivKey, SivNonce, "0300000000000000000000000000000004000000", "010000000000000000000000000000000200",
        "43dd0163cdb48f9fe3212bf61b201976067f342bb879ad976d8242acc188ab59cabfe307")]
    [InlineData(
        "bae8e37fc83441b16034566b7a806c46bb91c3c5aedb64a6c590bc84d1a5e269", "e4b47801afc0577e34699b9e", "671fdd", "4fbdc66f14",
        "0eaccb93da9bb81333aee0c785b240d319719d")]
    [InlineData(
        "3c535de192eaed3822a2fbbe2ca9dfc88255e14a661b8aa82cc54236093bbc23", "688089e55540db1872504e1c",
        "ced532ce4159b035277d4dfbb7db62968b13cd4eec", "734320ccc9d9bbbb19cb81b2af4ecbc3e72834321f7aa0f70b7282b4f33df23f167541",
        "626660c26ea6612fb17ad91e8e767639edd6c9faee9d6c7029675b89eaf4ba1ded1a286594")]
    public void Aes_256_gcm_siv_matches_rfc_8452(string key, string nonce, string plain, string aad, string expected)
    {
        using var cipher = SegmentCipher.Create(CipherSuite.Aes256GcmSiv, Hex.Of(key));
        Check(cipher, nonce, plain, aad, expected);
    }

    [Fact]
    public void A_refused_segment_leaves_no_plaintext_behind()
    {
        SegmentCipher[] ciphers =
        [
            SegmentCipher.Create(CipherSuite.Aes256Gcm, Samples.Key),
            SegmentCipher.Create(CipherSuite.ChaCha20Poly1305, Samples.Key),
            new BouncyAeadCipher(new BouncyChaCha(), Samples.Key),
            new BouncyAeadCipher(new GcmSivBlockCipher(), Samples.Key),
        ];
        foreach (var cipher in ciphers)
        {
            using (cipher)
            {
                var box = new byte[1000 + 16];
                cipher.Seal(new byte[12], Samples.Pattern(1000), box, default);
                box[^1] ^= 1;
                var plain = Samples.Pattern(1000, 9);
                Assert.False(cipher.Open(new byte[12], box, plain, default));
                Assert.DoesNotContain(plain, b => b != 0);
            }
        }
    }

    private static void Check(SegmentCipher cipher, string nonce, string plain, string aad, string expected)
    {
        var box = new byte[Hex.Of(plain).Length + 16];
        cipher.Seal(Hex.Of(nonce), Hex.Of(plain), box, Hex.Of(aad));
        Assert.Equal(Hex.Of(expected), box);

        var opened = new byte[box.Length - 16];
        Assert.True(cipher.Open(Hex.Of(nonce), box, opened, Hex.Of(aad)));
        Assert.Equal(Hex.Of(plain), opened);
        box[0] ^= 0x80;
        Assert.False(cipher.Open(Hex.Of(nonce), box, opened, Hex.Of(aad)));
    }
}
