using CsCheck;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Ledger;

public sealed class TileSpecs
{
    [Theory]
    [InlineData(0, 5, 256, "tile/0/005")]
    [InlineData(0, 1234067, 256, "tile/0/x001/x234/067")]
    [InlineData(2, 0, 1, "tile/2/000.p/1")]
    [InlineData(1, 1000, 17, "tile/1/x001/000.p/17")]
    public void Paths_are_those_of_the_specification(int level, ulong number, int width, string path)
    {
        var tile = new Tile(level, number, width);
        Assert.Equal(path, tile.Path);
        Assert.Equal((tile, false), Tile.Parse(path).Value);
        var entries = tile with { Level = 0 };
        Assert.Equal((entries, true), Tile.Parse(entries.EntriesPath).Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile/0")]
    [InlineData("tile/64/000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/0/5")]
    [InlineData("tile/0/x000/005")]
    [InlineData("tile/0/001/005")]
    [InlineData("tile/0/005.p/0")]
    [InlineData("tile/0/005.p/256")]
    [InlineData("tile/0/005.p/01")]
    [InlineData("tile/0/../checkpoint")]
    [InlineData("tile/8/0/005")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/x999/x999/999")]
    public void What_is_no_path_is_refused(string path) => Assert.Equal(FaultCodes.Malformed, Tile.Parse(path).Fault?.Code);

    [Fact]
    public void The_tiles_of_the_specifications_example_are_counted_right()
    {
        var tiles = Tile.Of(70_000).ToList();
        Assert.Equal(273, tiles.Count(t => t is { Level: 0, Width: 256 }));
        Assert.Contains(new Tile(0, 273, 112), tiles);
        Assert.Equal(1, tiles.Count(t => t is { Level: 1, Width: 256 }));
        Assert.Contains(new Tile(1, 1, 17), tiles);
        Assert.Contains(new Tile(2, 0, 1), tiles);
        Assert.Equal(277, tiles.Count);
        Assert.Equal([new Tile(0, 0, 256), new Tile(1, 0, 1)], Tile.Of(256));
        Assert.Empty(Tile.Of(0));
    }

    [Fact]
    public void Proofs_made_from_tiles_are_those_made_from_the_tree()
    {
        const int Size = 70_000;
        var (builder, roots, leaves) = MerkleSpecs.Tree(Size);
        var levels = new List<List<MerkleHash>> { leaves.ToList() };
        while (levels[^1].Count >= 256)
        {
            levels.Add([.. levels[^1].Chunk(256).Where(c => c.Length == 256).Select(c =>
            {
                var frontier = new Frontier();
                foreach (var hash in c)
                    frontier.Append(hash);
                return frontier.Root();
            })]);
        }

        var fromTiles = new ProofBuilder((level, index) => Tile.Subtree(
            level, index, Size, t => levels[t.Level].GetRange((int)t.Number * 256, t.Width)));

        Assert.Equal(roots[Size], fromTiles.Root(Size));
        foreach (var index in (ulong[])[0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999])
            Assert.Equal(builder.Inclusion(index, Size), fromTiles.Inclusion(index, Size));
        foreach (var older in (ulong[])[1, 2, 3, 255, 256, 257, 65_536, 65_537, 69_999])
            Assert.Equal(builder.Consistency(older, Size), fromTiles.Consistency(older, Size));
    }

    [Fact]
    public void Bundles_give_back_their_entries_and_nothing_else_is_one()
    {
        Gen.Byte.Array[0, 40].List[0, 256].Sample(entries =>
        {
            var bundle = EntryBundle.Write(entries);
            Assert.Equal(entries, EntryBundle.Read(bundle, entries.Count).Value);
            Assert.False(EntryBundle.Read(bundle, entries.Count + 1).IsOk);
            Assert.False(EntryBundle.Read([.. bundle, 0], entries.Count).IsOk);
            if (entries.Count > 0)
                Assert.False(EntryBundle.Read(bundle.AsSpan(..^1), entries.Count).IsOk);
        });
        Assert.Throws<ArgumentException>(() => EntryBundle.Write([new byte[65_536]]));
    }
}
