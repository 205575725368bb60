using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>The reference tree of Certificate Transparency and the Go checksum database's record hash.</summary>
public sealed class MerkleSpecs
{
    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly Dictionary<string, string> Named = new()
    {
        ["h0"] = Roots[1],
        ["h1"] = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        ["h4"] = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ["h6"] = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        ["h01"] = Roots[2],
        ["h23"] = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        ["h45"] = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        ["h67"] = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ["h0123"] = Roots[4],
        ["h4567"] = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    };

    [Fact]
    public void Leaves_nodes_and_roots_are_those_of_the_reference_tree()
    {
        Assert.Equal(Hash("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"), MerkleHash.OfLeaf("L123456"u8));
        Assert.Equal("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=", MerkleHash.OfLeaf("hello world"u8).ToString());
        var frontier = new Frontier();
        for (var size = 0; size < Roots.Length; size++)
        {
            Assert.Equal(Hash(Roots[size]), frontier.Root());
            Assert.Equal(frontier.Root(), Frontier.Read(frontier.ToBytes()).Value.Root());
            if (size < Leaves.Length)
                frontier.Append(MerkleHash.OfLeaf(Convert.FromHexString(Leaves[size])));
        }
    }

    [Theory]
    [InlineData(0, 8, "h1 h23 h4567")]
    [InlineData(5, 8, "h4 h67 h0123")]
    [InlineData(2, 3, "h01")]
    [InlineData(1, 5, "h0 h23 h4")]
    public void Inclusion_proofs_are_the_published_ones(ulong index, ulong size, string hashes)
    {
        var proof = Proof(hashes);
        var leaf = MerkleHash.OfLeaf(Convert.FromHexString(Leaves[index]));
        Assert.True(MerkleProofs.Includes(index, size, leaf, proof, Hash(Roots[size])));
        Assert.Equal(proof, Reference().Inclusion(index, size));
    }

    [Theory]
    [InlineData(1, 8, "h1 h23 h4567")]
    [InlineData(6, 8, "h45 h67 h0123")]
    [InlineData(2, 5, "h23 h4")]
    [InlineData(6, 7, "h45 h6 h0123")]
    public void Consistency_proofs_are_the_published_ones(ulong older, ulong size, string hashes)
    {
        var proof = Proof(hashes);
        Assert.True(MerkleProofs.Extends(older, Hash(Roots[older]), size, Hash(Roots[size]), proof));
        Assert.Equal(proof, Reference().Consistency(older, size));
    }

    [Fact]
    public void Every_proof_of_every_tree_up_to_eighty_leaves_verifies_and_none_does_that_was_changed()
    {
        const int Most = 80;
        var (builder, roots, leaves) = Tree(Most);
        for (ulong size = 1; size <= Most; size++)
        {
            Assert.Equal(roots[size], builder.Root(size));
            for (ulong index = 0; index < size; index++)
            {
                var proof = builder.Inclusion(index, size);
                Assert.True(MerkleProofs.Includes(index, size, leaves[index], proof, roots[size]));
                Refuses(proof, changed => MerkleProofs.Includes(index, size, leaves[index], changed, roots[size]));
                Assert.False(MerkleProofs.Includes(index ^ 1, size, leaves[index], proof, roots[size]) && size > 1);
                Assert.False(MerkleProofs.Includes(index, size, MerkleHash.OfNode(leaves[index], leaves[index]), proof, roots[size]));
            }

            for (ulong older = 1; older < size; older++)
            {
                var proof = builder.Consistency(older, size);
                Assert.True(MerkleProofs.Extends(older, roots[older], size, roots[size], proof));
                Refuses(proof, changed => MerkleProofs.Extends(older, roots[older], size, roots[size], changed));
                Assert.False(MerkleProofs.Extends(older, roots[older - 1], size, roots[size], proof));
                Assert.False(MerkleProofs.Extends(size, roots[size], older, roots[older], proof));
            }
        }
    }

    [Fact]
    public void Trees_without_leaves_and_trees_of_one_size_have_no_proofs_to_be_fooled_by()
    {
        var (_, roots, _) = Tree(2);
        Assert.False(MerkleProofs.Includes(0, 0, roots[1], [], MerkleHash.EmptyRoot));
        Assert.False(MerkleProofs.Includes(0, 0, MerkleHash.EmptyRoot, [], MerkleHash.EmptyRoot));
        Assert.False(MerkleProofs.Extends(0, MerkleHash.EmptyRoot, 0, MerkleHash.EmptyRoot, []));
        Assert.False(MerkleProofs.Extends(0, MerkleHash.EmptyRoot, 2, roots[2], []));
        Assert.True(MerkleProofs.Extends(2, roots[2], 2, roots[2], []));
        Assert.False(MerkleProofs.Extends(2, roots[2], 2, roots[2], [roots[1]]));
        Assert.False(MerkleProofs.Extends(2, roots[2], 2, roots[1], []));
        Assert.False(MerkleHash.TryRead(new byte[31], out _));
        Assert.False(MerkleHash.TryRead(new byte[33], out _));
    }

    [Fact]
    public void A_frontier_of_the_wrong_length_is_refused()
    {
        foreach (var bytes in (byte[][])[[], new byte[7], [0, 0, 0, 0, 0, 0, 0, 3, .. new byte[32]], [.. new byte[8], .. new byte[32]]])
            Assert.False(Frontier.Read(bytes).IsOk);
    }

    internal static (ProofBuilder Builder, MerkleHash[] Roots, MerkleHash[] Leaves) Tree(int size)
    {
        var nodes = new Dictionary<(int, ulong), MerkleHash>();
        var frontier = new Frontier();
        var roots = new List<MerkleHash> { frontier.Root() };
        var leaves = new List<MerkleHash>();
        for (var i = 0; i < size; i++)
        {
            leaves.Add(MerkleHash.OfLeaf(BitConverter.GetBytes(i)));
            frontier.Append(leaves[i], (level, index, hash) => nodes[(level, index)] = hash);
            roots.Add(frontier.Root());
        }

        return (new ProofBuilder((level, index) => nodes[(level, index)]), [.. roots], [.. leaves]);
    }

    private static ProofBuilder Reference() => ReferenceTree().Builder;

    /// <summary>The reference tree; roots by size.</summary>
    internal static (ProofBuilder Builder, MerkleHash[] Roots, MerkleHash[] Leaves) ReferenceTree()
    {
        var nodes = new Dictionary<(int, ulong), MerkleHash>();
        var frontier = new Frontier();
        foreach (var leaf in Leaves)
            frontier.Append(MerkleHash.OfLeaf(Convert.FromHexString(leaf)), (level, index, hash) => nodes[(level, index)] = hash);
        return (
            new ProofBuilder((level, index) => nodes[(level, index)]), [.. Roots.Select(Hash)],
            [.. Leaves.Select(l => MerkleHash.OfLeaf(Convert.FromHexString(l)))]);
    }

    private static void Refuses(IReadOnlyList<MerkleHash> proof, Func<IReadOnlyList<MerkleHash>, bool> check)
    {
        Assert.False(check([.. proof, MerkleHash.EmptyRoot]));
        for (var i = 0; i < proof.Count; i++)
        {
            Assert.False(check([.. proof.Where((_, at) => at != i)]));
            Assert.False(check([.. proof.Select((h, at) => at == i ? MerkleHash.OfNode(h, h) : h)]));
        }
    }

    private static MerkleHash[] Proof(string names) => [.. names.Split(' ').Select(n => Hash(Named[n]))];

    private static MerkleHash Hash(string hex) => MerkleHash.TryRead(Convert.FromHexString(hex), out var hash) ? hash : throw new FormatException(hex);
}
