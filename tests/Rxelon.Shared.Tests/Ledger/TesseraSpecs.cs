using System.Globalization;
using System.Text;
using System.Text.Json;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// A whole published log (vectors/README.md): entries, key and all 16 checkpoints. Its tiles and bundles are binary files that are not
/// kept here; tiles are checked by the roots that come of them, and bundles by their published format.
/// </summary>
public sealed class TesseraSpecs
{
    private const string Origin = "example.com/log/testdata";
    private const string Vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    // Published with the log (testdata/build_log.sh); it signs nothing but this test data.
    private const string TestKey = "AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg";

    // Spelt as they were published.
    private static readonly string[] Entries =
        ["one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten", "fourten", "fivten"];

    private static readonly byte[][] Leaves = [.. Entries.Select(Encoding.UTF8.GetBytes)];

    private static string[] Notes()
        => JsonSerializer.Deserialize<string[]>(File.ReadAllText(Repository.PathTo("tests", "Rxelon.Shared.Tests", "vectors", "tessera-checkpoints.json")))!;

    [Fact]
    public void Every_checkpoint_verifies_and_has_the_root_of_its_entries()
    {
        var frontier = new Frontier();
        var notes = Notes();
        Assert.Equal(16, notes.Length);
        for (var size = 0; size < notes.Length; size++)
        {
            var checkpoint = WitnessPolicy.Only(NoteSpecs.Key(Vkey)).Check(NoteSpecs.Note(notes[size])).Value;
            Assert.Equal(new Checkpoint(Origin, (ulong)size, frontier.Root()), checkpoint);
            if (size < Leaves.Length)
                frontier.Append(MerkleHash.OfLeaf(Leaves[size]));
        }
    }

    [Fact]
    public void Signing_the_same_entries_with_the_same_key_gives_the_published_bytes()
    {
        using var key = SigningKeyPair.FromSeed(Convert.FromBase64String(TestKey)[1..]);
        var frontier = new Frontier();
        foreach (var (size, note) in Notes().Index())
        {
            Assert.Equal(note, SignedNote.Sign(new Checkpoint(Origin, (ulong)size, frontier.Root()).ToString(), Origin, key).ToString());
            if (size < Leaves.Length)
                frontier.Append(MerkleHash.OfLeaf(Leaves[size]));
        }
    }

    [Fact]
    public void Every_checkpoint_is_proven_from_the_partial_tile_of_any_later_one()
    {
        var checkpoints = Notes().Select(n => Checkpoint.Parse(NoteSpecs.Note(n).Text).Value).ToArray();
        var hashes = Leaves.Select(l => MerkleHash.OfLeaf(l)).ToArray();
        for (var size = 1; size < checkpoints.Length; size++)
        {
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"tile/0/000.p/{size}"), Assert.Single(Tile.Of((ulong)size)).Path);
            var builder = new ProofBuilder((level, index) => Tile.Subtree(level, index, (ulong)size, t => hashes[..t.Width]));
            for (var i = 0; i < size; i++)
                Assert.True(MerkleProofs.Includes((ulong)i, (ulong)size, hashes[i], builder.Inclusion((ulong)i, (ulong)size), checkpoints[size].Root));
            for (var older = 1; older < size; older++)
            {
                Assert.True(MerkleProofs.Extends(
                    (ulong)older, checkpoints[older].Root, (ulong)size, checkpoints[size].Root, builder.Consistency((ulong)older, (ulong)size)));
            }
        }
    }

    [Fact]
    public void The_bundle_of_its_entries_is_each_behind_its_length()
    {
        var bundle = EntryBundle.Write(Leaves[..3]);
        Assert.Equal("\0\u0003one\0\u0003two\0\u0005three", Encoding.ASCII.GetString(bundle));
        Assert.Equal(Leaves[..3], EntryBundle.Read(bundle, 3).Value);
    }
}
