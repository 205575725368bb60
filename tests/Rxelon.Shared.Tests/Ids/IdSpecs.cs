using System.Security.Cryptography;
using System.Text.Json;
using CsCheck;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Tests.Ids;

public sealed class IdSpecs
{
    private static readonly Gen<byte[]> Bits = Gen.Byte.Array[16].Where(b => b.Any(x => x != 0));

    [Fact]
    public void Ids_round_trip_through_text_bytes_and_json()
        => Bits.Sample(bytes =>
        {
            var task = TaskId.FromBytes(bytes);
            var node = NodeId.FromBytes(bytes);
            var account = AccountId.FromBytes(bytes);
            return TaskId.Parse(task.ToString()) == task && task.ToBytes().SequenceEqual(bytes) && Json(task) == task
                && NodeId.Parse(node.ToString()) == node && node.ToBytes().SequenceEqual(bytes) && Json(node) == node
                && AccountId.Parse(account.ToString()) == account && account.ToBytes().SequenceEqual(bytes) && Json(account) == account;
        });

    [Fact]
    public void Different_ids_have_different_texts()
        => Gen.Select(Bits, Bits).Sample((a, b) =>
            a.SequenceEqual(b) == (TaskId.FromBytes(a).ToString() == TaskId.FromBytes(b).ToString()));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t_")]
    [InlineData("t_unset")]
    [InlineData("t_aaaaaaaaaaaaaaaaaaaaaaaaaa")] // zeros
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaab")] // bits after the last byte
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaa")] // short
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaaa")] // long
    [InlineData("t_AEAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaa1")]
    [InlineData("T_aeaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("n_aeaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData(" t_aeaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aeaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Malformed_task_ids_are_refused(string? text)
    {
        Assert.False(TaskId.TryParse(text, out var id));
        Assert.True(id.IsUnset);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TaskId>(JsonSerializer.Serialize(text)));
    }

    [Fact]
    public void A_well_formed_one_beside_them_is_accepted()
        => Assert.True(TaskId.TryParse("t_aeaaaaaaaaaaaaaaaaaaaaaaaa", out _));

    [Fact]
    public void An_id_that_was_never_set_gives_no_bytes()
    {
        Assert.True(default(TaskId).IsUnset);
        Assert.Equal("t_unset", default(TaskId).ToString());
        Assert.Throws<InvalidOperationException>(() => default(TaskId).ToBytes());
        Assert.Throws<FormatException>(() => TaskId.FromBytes(new byte[16]));
        Assert.Throws<FormatException>(() => NodeId.FromBytes(new byte[15]));
        Assert.Throws<FormatException>(() => AccountId.Parse("t_aeaaaaaaaaaaaaaaaaaaaaaaaa"));
    }

    [Fact]
    public void Accounts_and_nodes_are_named_by_their_keys_in_separate_domains()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        Assert.Equal(SHA256.HashData([.. "rx/account/v1\n"u8, .. key])[..16], AccountId.OfSigningKey(key).ToBytes());
        Assert.Equal(SHA256.HashData([.. "rx/node/v1\n"u8, .. key])[..16], NodeId.OfIdentityKey(key).ToBytes());
    }

    [Fact]
    public void Blobs_are_named_by_sha_256_in_hex()
    {
        // FIPS 180-2 appendix B.1
        var abc = BlobId.Of("abc"u8);
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", abc.ToString());
        Assert.Equal(abc, BlobId.Parse(abc.ToString()));
        Assert.Equal(abc, BlobId.FromDigest(abc.ToDigest()));
        Assert.Equal(abc, Json(abc));
        Assert.False(BlobId.TryParse(abc.ToString().ToUpperInvariant(), out _));
        Assert.False(BlobId.TryParse(abc.ToString()[1..], out _));
        Assert.Throws<FormatException>(() => BlobId.FromDigest(new byte[31]));
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32]).Sample((a, b) =>
            Math.Sign(BlobId.FromDigest(a).CompareTo(BlobId.FromDigest(b))) == Math.Sign(a.AsSpan().SequenceCompareTo(b)));
    }

    [Fact]
    public void Attempts_round_trip_as_task_part_number()
        => Gen.Select(Bits, Gen.Int[0, int.MaxValue], Gen.Int[1, int.MaxValue]).Sample((bits, part, number) =>
        {
            var attempt = new AttemptId(TaskId.FromBytes(bits), part, number);
            return AttemptId.TryParse(attempt.ToString(), out var parsed) && parsed == attempt;
        });

    [Theory]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/0")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/0/0")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/-1/1")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/+1/1")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/01/1")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/ 1/1")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/1/1/1")]
    [InlineData("t_aeaaaaaaaaaaaaaaaaaaaaaaaa/1/2147483648")]
    [InlineData("n_aeaaaaaaaaaaaaaaaaaaaaaaaa/1/1")]
    [InlineData(null)]
    public void Malformed_attempts_are_refused(string? text) => Assert.False(AttemptId.TryParse(text, out _));

    /// <summary>RFC 4648 §10, in lower case and without padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "my")]
    [InlineData("fo", "mzxq")]
    [InlineData("foo", "mzxw6")]
    [InlineData("foob", "mzxw6yq")]
    [InlineData("fooba", "mzxw6ytb")]
    [InlineData("foobar", "mzxw6ytboi")]
    public void Base32_matches_rfc_4648(string text, string encoded)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        Assert.Equal(encoded, Base32.Encode(bytes));
        var decoded = new byte[bytes.Length];
        Assert.True(Base32.TryDecode(encoded, decoded));
        Assert.Equal(bytes, decoded);
    }

    private static T Json<T>(T id) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(id))!;
}
