using System.Security.Cryptography;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;

namespace Rxelon.Shared.Tests.Integrity;

/// <summary>The bytes that nodes sign and chain, against digests that were computed by another program from the description of the formats.</summary>
public sealed class IntegrityBytesSpecs
{
    private const long Millis = 1_790_000_000_000;
    private static readonly NodeId Node = NodeId.FromBytes([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);

    private static readonly Measures Measured = new(
        [.. Enumerable.Range(0x20, 16).Select(i => (byte)i)], Millis,
        [new("application", Fill(1)), new("configuration", Fill(2))], ["configuration"],
        [new("sha256:" + string.Concat(Enumerable.Repeat("ab", 32)), Fill(0xab))], new LogPosition(3, 9, Fill(4), 0, 7, Fill(5)));

    [Fact]
    public void A_report_is_signed_over_these_bytes()
        => Assert.Equal("29fd5c9dc5a868077a275c48f5e3a180032e1cdd338e5e7d0b00a7c0dd9b8ee2", Sha(IntegrityStatements.Measure(Node, Measured)));

    [Fact]
    public void A_head_is_signed_over_these_bytes()
        => Assert.Equal("136f7208a948c9a0d0f2d127f9501a72879128d597a56201ac53937f4189ee4b", Sha(IntegrityStatements.Log(Node, 9, Fill(4), Millis)));

    [Fact]
    public void A_record_and_the_chain_over_it_are_these_bytes()
    {
        var record = new OperationRecord(Millis, OperationKind.PartEnded, "t/0/1", "ok").Encode();
        Assert.Equal("01000001a0c4506c000605742f302f31026f6b", Convert.ToHexStringLower(record));
        Assert.Equal("91655f1494e03813725056f31f4cedcc5a40142b529fd5d2e256a3974a5c2113", Convert.ToHexStringLower(OperationChain.Start(Node)));
        Assert.Equal(
            "96fade2eb0383980010c7e95f21d72156edd4f241dd2d027050be920ef8c4d0a",
            Convert.ToHexStringLower(OperationChain.Next(OperationChain.Start(Node), record)));
    }

    [Fact]
    public void A_groups_digest_does_not_depend_on_the_order_in_which_files_were_found()
    {
        KeyValuePair<string, byte[]> a = new("a.dll", Fill(1)), b = new("sub/b.so", Fill(2));
        Assert.Equal("c7808339aabcdc439b431f93115e15ffb5bf4c48b2264d69cfa02b77318fd204", Convert.ToHexStringLower(MeasureFold.Of([a, b])));
        Assert.Equal(MeasureFold.Of([a, b]), MeasureFold.Of([b, a]));
    }

    [Fact]
    public void A_report_comes_back_from_the_wire_as_it_went_and_a_malformed_one_is_none()
    {
        var wire = Measured.ToWire(new byte[64]);
        var back = wire.Read()!;
        Assert.Equal(IntegrityStatements.Measure(Node, Measured), IntegrityStatements.Measure(Node, back));
        foreach (var spoil in (Action<Rxelon.Shared.Wire.MeasureReport>[])
            [
                r => r.Log = null, r => r.Nonce = Google.Protobuf.ByteString.Empty, r => r.Signature = Google.Protobuf.ByteString.Empty,
                r => r.Groups[0].Digest = Google.Protobuf.ByteString.Empty, r => r.Log.From = 10, r => r.Groups[0].Group = new string('x', 200),
            ])
        {
            var spoiled = wire.Clone();
            spoil(spoiled);
            Assert.Null(spoiled.Read());
        }
    }

    private static byte[] Fill(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static string Sha(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
