using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>Vectors: C2SP signed-note, Go's sumdb/note, the Go checksum database itself, sigsum's cosignature, transparency-dev's witness key.</summary>
public sealed class NoteSpecs
{
    private const string Foo = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string Peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string Enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    private const string Sum = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    private const string FooNote =
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    private const string CryptoText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";

    private const string PeterLine = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    private const string EnochLine = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";

    private const string SumNote =
        "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n"
        + "— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n";

    [Theory]
    [InlineData(Foo)]
    [InlineData(Peter)]
    [InlineData(Enoch)]
    [InlineData(Sum)]
    [InlineData("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")]
    [InlineData("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")]
    public void Published_keys_are_read_and_written_and_their_ids_are_right(string vkey) => Assert.Equal(vkey, Key(vkey).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("name")]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2")]
    [InlineData("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    public void A_key_that_is_none_is_refused(string vkey) => Assert.Equal(FaultCodes.Malformed, NoteKey.Parse(vkey).Fault?.Code);

    [Fact]
    public void Published_notes_verify()
    {
        Assert.Equal(Key(Foo), Note(FooNote).Verify([Key(Foo)]).Value.Single());
        var both = Note($"{CryptoText}\n{PeterLine}\n{EnochLine}\n");
        Assert.Equal([Key(Peter), Key(Enoch)], both.Verify([Key(Enoch), Key(Peter)]).Value);
        Assert.Equal(both.ToString(), Note(both.ToString()).ToString());
        var sum = Note(SumNote);
        Assert.True(sum.Verify([Key(Sum)]).IsOk);
        // Origin and key name differ there.
        Assert.Equal(("go.sum database tree", 35225469UL), (Checkpoint.Parse(sum.Text).Value.Origin, Checkpoint.Parse(sum.Text).Value.Size));
    }

    [Fact]
    public void Signing_gives_the_published_bytes()
    {
        using var peter = SigningKeyPair.FromSeed(Convert.FromHexString("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"));
        using var enoch = SigningKeyPair.FromSeed(new byte[32]);
        var note = SignedNote.Sign(CryptoText, "PeterNeumann", peter).With(SignedNote.Sign(CryptoText, "EnochRoot", enoch).Signatures[0]);
        Assert.Equal($"{CryptoText}\n{PeterLine}\n{EnochLine}\n", note.ToString());
    }

    [Fact]
    public void A_known_key_that_fails_spoils_the_note_and_an_unknown_one_does_not()
    {
        var damaged = PeterLine.Replace("x08go/Z", "x08go/a", StringComparison.Ordinal);
        var note = Note($"{CryptoText}\n{damaged}\n{EnochLine}\n");
        Assert.Equal(FaultCodes.BadSignature, note.Verify([Key(Peter), Key(Enoch)]).Fault?.Code);
        Assert.Equal(Key(Enoch), note.Verify([Key(Enoch)]).Value.Single());
        Assert.Equal(FaultCodes.BadSignature, note.Verify([Key(Foo)]).Fault?.Code);
        Assert.Equal(FaultCodes.BadSignature, Note(FooNote.Replace("example message", "other message", StringComparison.Ordinal)).Verify([Key(Foo)]).Fault?.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n- dash Uw2QOkn8\n")]
    [InlineData("text\n\n— name Uw2QOkn8")]
    [InlineData("text\n\n— na me Uw2QOkn8\n")]
    [InlineData("text\n\n— na+me Uw2QOkn8\n")]
    [InlineData("text\n\n— name Uw2Q\n")]
    [InlineData("text\n\n— name Uw2QOkn9==\n")]
    [InlineData("text\n\n— name\u00a0x Uw2QOkn8\n")]
    [InlineData("te\txt\n\n— name Uw2QOkn8\n")]
    [InlineData("text\r\n\n— name Uw2QOkn8\n")]
    public void What_is_no_note_is_refused(string note) => Assert.Equal(FaultCodes.Malformed, SignedNote.Parse(Encoding.UTF8.GetBytes(note)).Fault?.Code);

    [Fact]
    public void The_last_blank_line_ends_the_text_and_what_is_too_large_is_refused()
    {
        Assert.Equal("a\n\nb\n", Note("a\n\nb\n\n— name Uw2QOkn8\n").Text);
        Assert.Equal(FaultCodes.Malformed, SignedNote.Parse([0xff, .. "text\n\n— name Uw2QOkn8\n"u8]).Fault?.Code);
        Assert.Equal(FaultCodes.TooLarge, SignedNote.Parse(new byte[10 << 20]).Fault?.Code);
        var many = string.Concat(Enumerable.Repeat("— name Uw2QOkn8\n", SignedNote.MaxSignatures + 1));
        Assert.Equal(FaultCodes.TooLarge, SignedNote.Parse(Encoding.UTF8.GetBytes("text\n\n" + many)).Fault?.Code);
    }

    [Theory]
    [InlineData("origin\n07\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n")]
    [InlineData("origin\n+7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n")]
    [InlineData("origin\n99999999999999999999\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n")]
    [InlineData("origin\n7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJA==\n")]
    [InlineData("origin\n7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCR=\n")]
    [InlineData("origin\n0\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n")]
    [InlineData("origin\n7\n")]
    [InlineData("\n7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n")]
    [InlineData("origin\n7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n")]
    public void What_is_no_checkpoint_is_refused(string text) => Assert.Equal(FaultCodes.Malformed, Checkpoint.Parse(text).Fault?.Code);

    [Fact]
    public void A_cosignature_has_the_published_bytes_and_verifies_for_its_witness_only()
    {
        using var key = SigningKeyPair.FromSeed([0x11, .. new byte[31]]);
        Assert.Equal("66e0b858e462a609e66fe71370c816d8846ff103d5499a22a7fec37fdbc424a7", Convert.ToHexStringLower(key.PublicKey));
        const string Text = "example.org/log\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        var line = Cosignature.Sign(Text, "example.org/witness", key, DateTimeOffset.FromUnixTimeSeconds(1234));
        Assert.Equal("— example.org/witness ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+Cg==", line.ToString());

        var note = new SignedNote(Text, [line]);
        var witness = NoteKey.Of("example.org/witness", NoteKeyType.Cosignature, key.PublicKey);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1234), Cosignature.Verify(note, witness));
        Assert.Null(Cosignature.Verify(note, NoteKey.Of("example.org/other", NoteKeyType.Cosignature, key.PublicKey)));
        Assert.Null(Cosignature.Verify(note with { Text = Text.Replace("10", "11", StringComparison.Ordinal) }, witness));
        var later = line with { Bytes = [.. line.Bytes[..7], (byte)(line.Bytes[7] + 1), .. line.Bytes[8..]] };
        Assert.Null(Cosignature.Verify(note with { Signatures = [later] }, witness));
        // A witness's line is not a log's.
        Assert.False(note.Verify([NoteKey.Of("example.org/witness", NoteKeyType.Ed25519, key.PublicKey)]).IsOk);
    }

    internal static NoteKey Key(string vkey) => NoteKey.Parse(vkey).Value;

    internal static SignedNote Note(string note) => SignedNote.Parse(Encoding.UTF8.GetBytes(note)).Value;
}
