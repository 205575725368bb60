using System.Text;
using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>Offline proofs under a policy of a log and three witnesses of whom two must have vouched.</summary>
public sealed class ReceiptSpecs
{
    private const string Origin = "hub.example/ledger";
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);
    private readonly SigningKeyPair _log = SigningKeyPair.FromSeed([1, .. new byte[31]]);
    private readonly SigningKeyPair[] _witnesses = [.. Enumerable.Range(2, 3).Select(i => SigningKeyPair.FromSeed([(byte)i, .. new byte[31]]))];

    private string PolicyText => string.Join('\n',
    [
        "# who is believed", $"log {NoteKey.Of(Origin, NoteKeyType.Ed25519, _log.PublicKey)} https://hub.example/ledger",
        .. _witnesses.Select((w, i) => $"witness w{i} {NoteKey.Of($"w{i}.example", NoteKeyType.Cosignature, w.PublicKey)}"),
        "group two 2 w0 w1 w2", "group all-of-them all two", "quorum two", "",
    ]);

    private WitnessPolicy Policy => WitnessPolicy.Parse(PolicyText).Value;

    [Fact]
    public void A_receipt_verifies_with_a_quorum_and_says_not_yet_without()
    {
        var proof = Receipt(3, 7);
        Assert.Equal(FaultCodes.NotYet, proof.Verify(Leaf(3), Policy).Fault?.Code);
        Assert.Equal(FaultCodes.NotYet, Vouched(proof, 0).Verify(Leaf(3), Policy).Fault?.Code);
        var final = Vouched(proof, 0, 2);
        Assert.Equal(7UL, final.Verify(Leaf(3), Policy).Value.Size);
        Assert.Equal(7UL, Read(final.ToString()).Verify(Leaf(3), Policy).Value.Size);
        Assert.True(proof.Verify(Leaf(3), WitnessPolicy.Only(Policy.Logs[0])).IsOk);
    }

    [Fact]
    public void Another_leaf_place_path_or_log_is_refused()
    {
        var proof = Vouched(Receipt(3, 7), 0, 1);
        Assert.Equal(FaultCodes.ProofFailed, proof.Verify(Leaf(2), Policy).Fault?.Code);
        Assert.Equal(FaultCodes.ProofFailed, (proof with { Index = 2 }).Verify(Leaf(3), Policy).Fault?.Code);
        Assert.Equal(FaultCodes.ProofFailed, (proof with { Path = [.. proof.Path.Skip(1)] }).Verify(Leaf(3), Policy).Fault?.Code);
        using var stranger = SigningKeyPair.FromSeed([9, .. new byte[31]]);
        var forged = proof with { Checkpoint = SignedNote.Sign(proof.Checkpoint.Text, Origin, stranger) };
        Assert.Equal(FaultCodes.BadSignature, forged.Verify(Leaf(3), Policy).Fault?.Code);
    }

    [Fact]
    public void Extra_data_is_carried_along()
    {
        var proof = Receipt(0, 1) with { Extra = [1, 2, 3] };
        Assert.Contains("\nextra AQID\nindex 0\n\n", proof.ToString(), StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], Read(proof.ToString()).Extra);
    }

    [Theory]
    [InlineData("quorum two", "quorum three")]
    [InlineData("group two 2", "group two 4")]
    [InlineData("group two 2", "group two 0")]
    [InlineData("group two 2 w0 w1 w2", "group two 2 w0 w0 w2")]
    [InlineData("group two 2 w0 w1 w2", "group two 2 w0 two")]
    [InlineData("witness w1", "witness w0")]
    [InlineData("log ", "blog ")]
    [InlineData("quorum two", "")]
    [InlineData("quorum two", "quorum two\nquorum two")]
    [InlineData("group all-of-them all two", "group all-of-them all two w2")]
    [InlineData("quorum two", "quorum\u0001two")]
    [InlineData("quorum two", "quorum two\r")]
    public void A_policy_that_makes_no_sense_is_refused(string line, string instead)
        => Assert.Equal(FaultCodes.Malformed, WitnessPolicy.Parse(PolicyText.Replace(line, instead, StringComparison.Ordinal)).Fault?.Code);

    [Fact]
    public void No_key_counts_twice_under_two_names()
    {
        var again = NoteKey.Of("w1.example", NoteKeyType.Cosignature, _witnesses[0].PublicKey);
        var key = NoteKey.Of("w1.example", NoteKeyType.Cosignature, _witnesses[1].PublicKey).ToString();
        Assert.Contains("another witness's", WitnessPolicy.Parse(PolicyText.Replace(key, again.ToString(), StringComparison.Ordinal)).Fault?.Message, StringComparison.Ordinal);
        var log = NoteKey.Of("other.example", NoteKeyType.Ed25519, _log.PublicKey);
        Assert.Contains("another log's", WitnessPolicy.Parse($"{PolicyText}log {log}\n").Fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policys_log_speaks_for_no_other_origin()
    {
        var text = new Checkpoint("other.example/ledger", 1, MerkleHash.OfLeaf(Leaf(0))).ToString();
        Assert.Equal(FaultCodes.BadSignature, WitnessPolicy.Only(Policy.Logs[0]).Check(SignedNote.Sign(text, Origin, _log)).Fault?.Code);
    }

    /// <summary>tlog-policy's example (commit 13027eee7f) with keys in it.</summary>
    [Fact]
    public void The_specifications_example_of_a_policy_wants_two_of_these_and_one_of_those()
    {
        SigningKeyPair[] keys = [.. Enumerable.Range(10, 6).Select(i => SigningKeyPair.FromSeed([(byte)i, .. new byte[31]]))];
        string Vkey(int i) => NoteKey.Of($"w{i}.example", NoteKeyType.Cosignature, keys[i].PublicKey).ToString();
        var policy = WitnessPolicy.Parse($"""
            log {NoteKey.Of(Origin, NoteKeyType.Ed25519, _log.PublicKey)}

              # blanks are spaces and tabs, also before a comment
            witness X1 {Vkey(0)}
            witness{'\t'}X2 {'\t'} {Vkey(1)}{'\t'}
            witness X3 {Vkey(2)} https://x3.example/
            group X-witnesses 2 X1 X2 X3

            witness Y1 {Vkey(3)}
            witness Y2 {Vkey(4)}
            witness Y3 {Vkey(5)}
            group Y-witnesses any Y1 Y2 Y3

            group X-and-Y all X-witnesses Y-witnesses
            quorum X-and-Y
            """).Value;
        bool Holds(params int[] who) => policy.Check(who.Aggregate(
            Receipt(0, 1).Checkpoint, (note, i) => note.With(Cosignature.Sign(note.Text, $"w{i}.example", keys[i], Now)))).IsOk;
        Assert.True(Holds(0, 1, 3) && Holds(1, 2, 5) && Holds(0, 1, 2, 3, 4, 5));
        Assert.False(Holds() || Holds(0, 1) || Holds(0, 3) || Holds(0, 3, 4, 5) || Holds(3, 4, 5));
    }

    [Fact]
    public void No_bytes_make_a_parser_throw_and_no_changed_receipt_verifies()
    {
        var good = Vouched(Receipt(3, 7), 0, 1).ToString();
        var bytes = Encoding.UTF8.GetBytes(good);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample(
            (at, value, how) =>
            {
                byte[] changed = how switch
                {
                    0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
                    1 => [.. bytes[..at], .. bytes[(at + 1)..]],
                    2 => [.. bytes[..at], value, .. bytes[at..]],
                    _ => bytes[..at],
                };
                var read = TlogProof.Parse(changed);
                _ = Checkpoint.Parse(Encoding.UTF8.GetString(changed));
                _ = WitnessPolicy.Parse(Encoding.UTF8.GetString(changed));
                if (!read.IsOk || changed.AsSpan().SequenceEqual(bytes) || !read.Value.Verify(Leaf(3), Policy).IsOk)
                    return;
                // What still verifies says the same: only lines of keys that nobody knows may have changed.
                Assert.Equal((3UL, 7UL), (read.Value.Index, Checkpoint.Parse(read.Value.Checkpoint.Text).Value.Size));
            },
            iter: 20_000);
    }

    private static byte[] Leaf(int index) => BitConverter.GetBytes(index);

    private static TlogProof Read(string text) => TlogProof.Parse(Encoding.UTF8.GetBytes(text)).Value;

    private TlogProof Receipt(ulong index, int size)
    {
        var (builder, roots, _) = MerkleSpecs.Tree(size);
        var text = new Checkpoint(Origin, (ulong)size, roots[size]).ToString();
        return new TlogProof(null, index, builder.Inclusion(index, (ulong)size), SignedNote.Sign(text, Origin, _log));
    }

    private TlogProof Vouched(TlogProof proof, params int[] witnesses) => proof with
    {
        Checkpoint = witnesses.Aggregate(
            proof.Checkpoint, (note, i) => note.With(Cosignature.Sign(note.Text, $"w{i}.example", _witnesses[i], Now))),
    };
}
