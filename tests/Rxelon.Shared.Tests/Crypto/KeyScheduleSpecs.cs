using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Rxelon.Shared.Crypto;

namespace Rxelon.Shared.Tests.Crypto;

public sealed class KeyScheduleSpecs
{
    private static readonly Gen<(string Kind, int Part, int Attempt)> Slots = Gen.Select(
        Gen.OneOf("input", "result", "log", "verify", "checkpoint", "shared"), Gen.Int[0, 50], Gen.Int[0, 50]);

    /// <summary>RFC 5869, appendix A.1 to A.3: extract and expand with SHA-256.</summary>
    [Theory]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")]
    [InlineData(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")]
    public void The_platforms_hkdf_matches_rfc_5869(string secret, string salt, string info, string prk, string expected)
    {
        var extracted = HKDF.Extract(HashAlgorithmName.SHA256, Hex.Of(secret), Hex.Of(salt));
        Assert.Equal(Hex.Of(prk), extracted);
        Assert.Equal(Hex.Of(expected), HKDF.Expand(HashAlgorithmName.SHA256, extracted, Hex.Of(expected).Length, Hex.Of(info)));
    }

    [Fact]
    public void Keys_are_one_block_of_hkdf_expand_over_the_documented_labels()
    {
        var k = Samples.TaskKey;
        (byte[] Key, string Label)[] keys =
        [
            (KeySchedule.Input(k, 7), "rx/key/v1/input/7"),
            (KeySchedule.Result(k, 7, 2), "rx/key/v1/result/7/2"),
            (KeySchedule.Log(k, 7, 2), "rx/key/v1/log/7/2"),
            (KeySchedule.Checkpoint(k, 7, 2), "rx/key/v1/checkpoint/7/2"),
            (KeySchedule.Verify(k, 1000000), "rx/key/v1/verify/1000000"),
            (KeySchedule.Shared(k, "module/ä.wasm"), "rx/key/v1/shared/module/ä.wasm"),
        ];

        // RFC 5869 §2.3 for a single block: T(1) = HMAC(PRK, info | 0x01).
        foreach (var (key, label) in keys)
            Assert.Equal(HMACSHA256.HashData(k, (byte[])[.. Encoding.UTF8.GetBytes(label), 1]), key);
    }

    [Fact]
    public void No_two_slots_of_a_task_share_a_key()
        => Gen.Select(Slots, Slots).Sample((one, other) => one == other || !KeyOf(one).SequenceEqual(KeyOf(other)) || Same(one, other));

    [Fact]
    public void Another_task_key_gives_other_keys()
        => Slots.Sample(slot => !KeyOf(slot).SequenceEqual(KeyOf(slot, Samples.Key)));

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentException>(() => KeySchedule.Input(new byte[31], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeySchedule.Input(Samples.TaskKey, -1));
        Assert.Throws<ArgumentException>(() => KeySchedule.Shared(Samples.TaskKey, ""));
        Assert.NotEqual(KeySchedule.NewTaskKey(), KeySchedule.NewTaskKey());
    }

    /// <summary>Input and verify keys do not depend on the attempt.</summary>
    private static bool Same((string Kind, int Part, int Attempt) one, (string Kind, int Part, int Attempt) other)
        => one.Kind == other.Kind && one.Part == other.Part && one.Kind is "input" or "verify";

    private static byte[] KeyOf((string Kind, int Part, int Attempt) slot, byte[]? taskKey = null) => slot.Kind switch
    {
        "input" => KeySchedule.Input(taskKey ?? Samples.TaskKey, slot.Part),
        "result" => KeySchedule.Result(taskKey ?? Samples.TaskKey, slot.Part, slot.Attempt),
        "log" => KeySchedule.Log(taskKey ?? Samples.TaskKey, slot.Part, slot.Attempt),
        "checkpoint" => KeySchedule.Checkpoint(taskKey ?? Samples.TaskKey, slot.Part, slot.Attempt),
        "verify" => KeySchedule.Verify(taskKey ?? Samples.TaskKey, slot.Part),
        _ => KeySchedule.Shared(taskKey ?? Samples.TaskKey, $"{slot.Part}/{slot.Attempt}"),
    };
}
