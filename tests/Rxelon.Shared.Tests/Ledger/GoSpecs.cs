using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// What Go's sumdb/note and sumdb/tlog try on their own parsers (github.com/golang/mod, commits 02c991387e and 822dc48338), tried on
/// ours; and the places in which Go and the C2SP specifications differ, or an example is not what it seems.
/// </summary>
public sealed class GoSpecs
{
    private const string Peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string Enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    private const string Sum = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    private const string Text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string PeterLine = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    private const string EnochLine = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    [Fact]
    public void No_piece_of_a_key_and_no_key_with_another_character_is_one()
    {
        for (var from = 0; from < Peter.Length; from++)
        {
            for (var to = from + 1; to <= Peter.Length; to++)
                Assert.Equal(to - from == Peter.Length, NoteKey.Parse(Peter[from..to]).IsOk);
            Assert.False(NoteKey.Parse(string.Concat(Peter[..from], (char)(Peter[from] + 1), Peter[(from + 1)..])).IsOk);
        }
    }

    [Theory]
    [InlineData("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")]
    [InlineData("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void A_key_of_the_wrong_length_or_type_is_none_although_its_id_is_right(string vkey)
        => Assert.Equal(FaultCodes.Malformed, NoteKey.Parse(vkey).Fault?.Code);

    [Theory]
    [InlineData(Text)]
    [InlineData(Text + "\n")]
    [InlineData("\x01" + Text + "\n" + PeterLine)]
    [InlineData(Text + "\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")]
    [InlineData(Text + "\n" + PeterLine + "Unexpected line.\n")]
    [InlineData(Text + "\n— a+b ABCDABCD\n")]
    public void Messages_that_Go_calls_malformed_are_malformed(string message)
    {
        Assert.Equal(FaultCodes.Malformed, SignedNote.Parse(Encoding.UTF8.GetBytes(message)).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, SignedNote.Parse(Encoding.UTF8.GetBytes($"{Text}\n{PeterLine}")[..^1]).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, SignedNote.Parse([0xff, .. Encoding.UTF8.GetBytes($"{Text}\n{PeterLine}")]).Fault?.Code);
    }

    [Fact]
    public void Repeated_lines_count_once_and_a_longer_signature_of_a_known_key_spoils_the_note()
    {
        var longer = EnochLine[..60] + "ABCD" + EnochLine[60..];
        var repeated = NoteSpecs.Note($"{Text}\n{PeterLine}{PeterLine}{EnochLine}{EnochLine}{longer}");
        Assert.Equal([NoteSpecs.Key(Peter)], repeated.Verify([NoteSpecs.Key(Peter)]).Value);
        Assert.Equal(FaultCodes.BadSignature, repeated.Verify([NoteSpecs.Key(Enoch)]).Fault?.Code);
        // A line under the wrong name or id is a line of nobody known.
        foreach (var line in (string[])[PeterLine.Replace("PeterNeumann", "CarmenSandiego", StringComparison.Ordinal), PeterLine.Replace("x08g", "xxxx", StringComparison.Ordinal)])
            Assert.False(NoteSpecs.Note($"{Text}\n{line}").Verify([NoteSpecs.Key(Peter)]).IsOk);
    }

    [Fact]
    public void A_new_signature_takes_the_place_of_the_old_one_of_the_same_key()
    {
        var peter = NoteSpecs.Note($"{Text}\n{PeterLine}").Signatures[0];
        var bad = new SignedNote(Text, [peter with { Bytes = [1] }]);
        Assert.Equal($"{Text}\n{PeterLine}", bad.With(peter).ToString());
    }

    /// <summary>Go writes the tile's height into the path and says "data"; C2SP drops the one and says "entries".</summary>
    [Theory]
    [InlineData("tile/4/0/001", "tile/0/001")]
    [InlineData("tile/4/0/001.p/5", "tile/0/001.p/5")]
    [InlineData("tile/3/5/x123/x456/078", "tile/5/x123/x456/078")]
    [InlineData("tile/3/5/x123/x456/078.p/2", "tile/5/x123/x456/078.p/2")]
    [InlineData("tile/1/0/x003/x057/500", "tile/0/x003/x057/500")]
    [InlineData("tile/1/data/x003/x057/500", "tile/entries/x003/x057/500")]
    [InlineData("tile/8/0/x001/x234/067", "tile/0/x001/x234/067")]
    [InlineData("tile/8/data/x001/x234/067", "tile/entries/x001/x234/067")]
    public void A_path_with_a_height_is_none_and_the_same_without_is_one(string go, string here)
    {
        Assert.Equal(FaultCodes.Malformed, Tile.Parse(go).Fault?.Code);
        var (tile, entries) = Tile.Parse(here).Value;
        Assert.Equal(here, entries ? tile.EntriesPath : tile.Path);
    }

    [Theory]
    [InlineData("tile/3/5/123/456/078")]
    [InlineData("tile/3/-1/123/456/078")]
    [InlineData("tile/5/123/456/078")]
    [InlineData("tile/-1/x123/x456/078")]
    [InlineData("tile/data/000")]
    public void Paths_that_Go_refuses_are_refused(string path) => Assert.Equal(FaultCodes.Malformed, Tile.Parse(path).Fault?.Code);

    /// <summary>
    /// C2SP's example of a checkpoint is one of the Go checksum database under another origin and key name: as printed nobody signed
    /// it, and it verifies with both put back.
    /// </summary>
    [Fact]
    public void The_specifications_example_of_a_checkpoint_does_not_verify_as_printed()
    {
        const string Body = "\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        const string Signature = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        var sum = NoteSpecs.Key(Sum);
        var renamed = NoteKey.Of("example.com/behind-the-sofa", NoteKeyType.Ed25519, sum.PublicKey);
        var printed = NoteSpecs.Note($"example.com/behind-the-sofa{Body}\n— example.com/behind-the-sofa {Signature}");
        Assert.Equal(20852163UL, Checkpoint.Parse(printed.Text).Value.Size);
        Assert.False(printed.Verify([sum, renamed]).IsOk);
        Assert.False(NoteSpecs.Note($"example.com/behind-the-sofa{Body}\n— sum.golang.org {Signature}").Verify([sum, renamed]).IsOk);
        Assert.True(NoteSpecs.Note($"go.sum database tree{Body}\n— sum.golang.org {Signature}").Verify([sum, renamed]).IsOk);
    }

    /// <summary>The example of tlog-proof (commit 0065ea5b71): its signatures are elided, and so is most of its path.</summary>
    [Fact]
    public void The_specifications_example_of_a_proof_is_read_once_its_gaps_are_filled()
    {
        const string Example =
            "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\nindex 73894\n"
            + "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
            + "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
            + "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\n"
            + "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— example.com/fancylog hI2DJw[...]1roloI=\n";
        Assert.False(TlogProof.Parse(Encoding.UTF8.GetBytes(Example)).IsOk);
        var filled = Example.Replace("hI2DJw[...]1roloI=", "hI2DJwAAAAA=", StringComparison.Ordinal);
        var proof = TlogProof.Parse(Encoding.UTF8.GetBytes(filled)).Value;
        Assert.Equal((73894UL, 5, filled), (proof.Index, proof.Path.Count, proof.ToString()));
        // Five hashes are no path to the root of 109,482 leaves.
        var checkpoint = Checkpoint.Parse(proof.Checkpoint.Text).Value;
        Assert.False(MerkleProofs.Includes(proof.Index, checkpoint.Size, MerkleHash.EmptyRoot, proof.Path, checkpoint.Root));
    }
}
