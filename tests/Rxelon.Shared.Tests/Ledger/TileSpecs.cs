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
    public void A_tree_that_keeps_tiles_gives_the_same_and_reads_each_once()
    {
        const int Size = 70_000;
        var (levels, _) = Levels(Size);
        var reads = new List<Tile>();
        var tree = new TileTree(t =>
        {
            reads.Add(t);
            return levels[t.Level].GetRange((int)t.Number * 256, t.Width);
        });
        MerkleHash Pure(int level, ulong index, ulong size) => Tile.Subtree(level, index, size, t => levels[t.Level].GetRange((int)t.Number * 256, t.Width));
        for (var level = 0; 1UL << level <= Size; level++)
        {
            var last = (ulong)(Size >> level) - 1;
            foreach (var index in (ulong[])[0, last / 2, last])
                Assert.Equal(Pure(level, index, Size), tree.Subtree(level, index, Size));
        }

        foreach (var index in (ulong[])[0, 1, 255, 256, 65_535, 65_536, 69_999])
        {
            Assert.Equal(new ProofBuilder((l, i) => Pure(l, i, Size)).Inclusion(index, Size), tree.At(Size).Inclusion(index, Size));
            Assert.Equal(new ProofBuilder((l, i) => Pure(l, i, Size)).Consistency(index, Size), tree.At(Size).Consistency(index, Size));
        }

        Assert.Distinct(reads);
        var before = reads.Count;
        _ = tree.At(Size).Inclusion(65_536, Size);
        Assert.Equal(before, reads.Count);
    }

    [Fact]
    public void A_kept_partial_tile_serves_smaller_trees_and_is_read_again_for_a_larger_one()
    {
        var (levels, roots) = Levels(300);
        var reads = new List<Tile>();
        var tree = new TileTree(t =>
        {
            reads.Add(t);
            return levels[t.Level].GetRange((int)t.Number * 256, t.Width);
        });
        foreach (var size in (ulong[])[40, 40, 7, 1, 41, 40, 255, 256, 300, 9])
            Assert.Equal(roots[size], tree.At(size).Root(size));
        Assert.Equal([new Tile(0, 0, 40), new Tile(0, 0, 41), new Tile(0, 0, 255), new Tile(1, 0, 1), new Tile(0, 1, 44)], reads);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Subtree(0, 300, 300));
        Assert.Throws<InvalidDataException>(() => new TileTree(_ => levels[0].GetRange(0, 1)).Subtree(1, 0, 2));
        Assert.Throws<ArgumentException>(() => new TileTree(_ => []).Subtree(0, 0, 1));
    }

    [Fact]
    public void No_more_tiles_are_kept_than_were_asked_for_and_the_one_used_last_stays()
    {
        var (levels, _) = Levels(1024);
        var reads = new List<ulong>();
        var tree = new TileTree(
            t =>
            {
                reads.Add(t.Number);
                return levels[0].GetRange((int)t.Number * 256, t.Width);
            },
            capacity: 2);
        foreach (var tile in (ulong[])[0, 1, 0, 2, 0, 1, 0])
            Assert.Equal(levels[0][(int)tile * 256], tree.Subtree(0, tile * 256, 1024));
        Assert.Equal([0UL, 1, 2, 1], reads);
    }

    [Fact]
    public void Many_may_ask_a_tree_that_keeps_few_tiles_at_once()
    {
        var (levels, roots) = Levels(5_000);
        var tree = new TileTree(t => levels[t.Level].GetRange((int)t.Number * 256, t.Width), capacity: 3);
        Parallel.For(0, 2_000, i =>
        {
            var (index, size) = ((ulong)i * 13 % 4_000, 4_000 + (ulong)i % 1_000);
            Assert.True(MerkleProofs.Includes(index, size, levels[0][(int)index], tree.At(size).Inclusion(index, size), roots[size]));
        });
    }

    private static (List<List<MerkleHash>> Levels, MerkleHash[] Roots) Levels(int size)
    {
        var (frontier, roots, levels) = (new Frontier(), new List<MerkleHash> { MerkleHash.EmptyRoot }, new List<List<MerkleHash>>());
        for (var i = 0; i < size; i++)
        {
            frontier.Append(MerkleHash.OfLeaf(BitConverter.GetBytes(i)), (level, _, hash) =>
            {
                if (level % 8 != 0)
                    return;
                if (levels.Count == level / 8)
                    levels.Add([]);
                levels[level / 8].Add(hash);
            });
            roots.Add(frontier.Root());
        }

        return (levels, [.. roots]);
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
