using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Crypto;

public sealed class KeyWrapSpecs
{
    private static readonly KeyWrapContext Grant = KeyWrapContext.PartGrant(Samples.ThisTask, 3, 2, Samples.Node, "result");

    public static TheoryData<KeyWrapContext> Others => new(
        Grant with { Purpose = KeyWrapContext.VaultPurpose },
        Grant with { Task = Samples.OtherTask },
        Grant with { Part = 4 },
        Grant with { Part = null },
        Grant with { Attempt = 1 },
        Grant with { Attempt = null },
        Grant with { Node = Rxelon.Shared.Ids.NodeId.FromBytes(Samples.Pattern(16, 8)) },
        Grant with { Node = null },
        Grant with { Label = "log" },
        Grant with { Label = null },
        KeyWrapContext.TaskVault(Samples.ThisTask),
        KeyWrapContext.TaskOwner(Samples.ThisTask));

    [Fact]
    public void A_wrapped_key_survives_its_bytes_and_unwraps()
    {
        using var pair = ExchangeKeyPair.Generate();
        var wrapped = KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant);

        Assert.True(SealedKey.TryRead(wrapped.ToBytes(), out var read));
        Assert.Equal(wrapped, read);
        Assert.Equal(wrapped.GetHashCode(), read.GetHashCode());
        Assert.Equal(Samples.Key, KeyWrap.Unwrap(read, pair, Grant).Value);
        Assert.NotEqual(wrapped, KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void It_opens_for_no_other_purpose(KeyWrapContext other)
    {
        using var pair = ExchangeKeyPair.Generate();
        var opened = KeyWrap.Unwrap(KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant), pair, other);

        Assert.Equal(FaultCodes.DecryptFailed, opened.Fault?.Code);
        Assert.Contains(other.ToString(), opened.Fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_opens_for_nobody_else()
    {
        using var pair = ExchangeKeyPair.Generate();
        using var stranger = ExchangeKeyPair.Generate();
        Assert.NotNull(KeyWrap.Unwrap(KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant), stranger, Grant).Fault);
    }

    [Fact]
    public void Any_flipped_bit_makes_it_unreadable_or_unopenable()
    {
        using var pair = ExchangeKeyPair.Generate();
        var bytes = KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant).ToBytes();

        // The top bit of the encapsulated key is ignored by X25519 (RFC 7748 §5), yet HPKE hashes the bytes as received.
        Gen.Int[0, (bytes.Length * 8) - 1].Sample(bit =>
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            return !SealedKey.TryRead(flipped, out var read) || !KeyWrap.Unwrap(read, pair, Grant).IsOk;
        }, iter: 300);
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(SealedKey.TryRead(bytes.AsSpan(0, length), out _));
        Assert.False(SealedKey.TryRead([.. bytes, 0], out _));
    }

    [Fact]
    public void The_next_suite_reads_but_does_not_unwrap()
    {
        using var pair = ExchangeKeyPair.Generate();
        var next = new SealedKey(2, new byte[1120], new byte[48]);

        Assert.True(SealedKey.TryRead(next.ToBytes(), out var read));
        Assert.Equal(next, read);
        Assert.Contains("suite 2", KeyWrap.Unwrap(read, pair, Grant).Fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_info_is_length_prefixed_fields_in_order()
        => Assert.Equal(
            [
                .. Hex.Of("000a 72782f777261702f7631 000a 706172742f6772616e74 0010"), .. Samples.ThisTask.ToBytes(),
                .. Hex.Of("0004 00000003 0004 00000002 0010"), .. Samples.Node.ToBytes(), .. Hex.Of("0006 726573756c74"),
            ],
            Grant.ToInfo());

    [Fact]
    public void A_disposed_pair_opens_nothing()
    {
        var pair = ExchangeKeyPair.FromPrivate(Samples.Key);
        Assert.Equal(Samples.Key, pair.ExportPrivate());
        var wrapped = KeyWrap.Wrap(Samples.Key, pair.PublicKey, Grant);
        pair.Dispose();
        Assert.Throws<ObjectDisposedException>(() => KeyWrap.Unwrap(wrapped, pair, Grant));
    }
}
