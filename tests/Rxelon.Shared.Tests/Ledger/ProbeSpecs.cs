using System.Text.Json;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// The 196 probes of transparency-dev/merkle: 12 that hold and 184 that must be refused. Published are the happy paths, the list of
/// ways to spoil them, and one file per probe; made again here are all 196, of which the 20 in vectors/merkle-probes.jsonl are
/// compared with the published text. The trees of up to 80 leaves under the same ways to spoil are generated, not published.
/// </summary>
public sealed class ProbeSpecs
{
    // A root of 12 bytes cannot be written down here, and a probe in which two of them are equal cannot hold.
    private const string NotExpressible = "consistency/additional/sizes-are-equal-one-and-proof-is-empty";

    private static readonly (ulong Index, ulong Size)[] Inclusions = [(0, 1), (0, 8), (5, 8), (2, 3), (1, 5)];
    private static readonly (ulong Older, ulong Size)[] Consistencies = [(1, 1), (1, 8), (6, 8), (2, 5), (6, 7)];

    private static List<Probe> Published()
    {
        var (builder, roots, leaves) = MerkleSpecs.ReferenceTree();
        return
        [
            .. Inclusions.Index().SelectMany(p => Probe.Inclusions(
                $"inclusion/{p.Index}", p.Item.Index, p.Item.Size, leaves[p.Item.Index], roots[p.Item.Size], builder.Inclusion(p.Item.Index, p.Item.Size))),
            .. Consistencies.Index().SelectMany(p => Probe.Consistencies(
                $"consistency/{p.Index}", p.Item.Older, p.Item.Size, roots[p.Item.Older], roots[p.Item.Size], builder.Consistency(p.Item.Older, p.Item.Size))),
            .. Probe.Singles(),
        ];
    }

    [Fact]
    public void There_are_as_many_probes_as_are_published()
    {
        var probes = Published();
        Assert.Equal((98, 98), (probes.Count(p => p.IsInclusion), probes.Count(p => !p.IsInclusion)));
        Assert.Equal((12, 184), (probes.Count(p => p.Holds), probes.Count(p => !p.Holds)));
        Assert.Distinct(probes.Select(p => p.Path));
    }

    [Fact]
    public void Every_probe_gets_its_published_answer_but_the_one_whose_roots_are_no_hashes()
        => Assert.Equal([NotExpressible], Published().Where(p => p.IsAccepted() != p.Holds).Select(p => p.Path));

    [Fact]
    public void The_probes_made_here_are_the_published_ones()
    {
        var ours = Published().ToDictionary(p => p.Path);
        var lines = File.ReadAllLines(Repository.PathTo("tests", "Rxelon.Shared.Tests", "vectors", "merkle-probes.jsonl"));
        Assert.Equal(20, lines.Length);
        foreach (var line in lines)
        {
            var theirs = Read(line);
            var made = ours[theirs.Path];
            Assert.Equivalent(theirs, made, strict: true);
        }
    }

    [Fact]
    public void No_larger_tree_falls_for_what_the_probes_try()
    {
        var (builder, roots, leaves) = MerkleSpecs.Tree(80);
        foreach (var size in (ulong[])[2, 3, 7, 8, 9, 31, 32, 33, 64, 65, 79])
        {
            for (ulong at = 0; at < size; at++)
            {
                Wrong(Probe.Inclusions("inclusion/x", at, size, leaves[at], roots[size], builder.Inclusion(at, size)));
                if (at > 0)
                    Wrong(Probe.Consistencies("consistency/x", at, size, roots[at], roots[size], builder.Consistency(at, size)));
            }
        }

        static void Wrong(IEnumerable<Probe> probes) => Assert.DoesNotContain(probes, p => p.IsAccepted() != p.Holds);
    }

    private static Probe Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        var of = json.RootElement;
        var path = of.GetProperty("path").GetString()!;
        var proof = of.GetProperty("proof").EnumerateArray().Select(h => h.GetBytesFromBase64()).ToArray();
        var holds = !of.GetProperty("wantErr").GetBoolean();
        ulong Number(string name) => of.GetProperty(name).GetUInt64();
        byte[] Bytes(string name) => of.GetProperty(name).GetBytesFromBase64();
        return path.StartsWith("inclusion/", StringComparison.Ordinal)
            ? new Probe(path, Number("leafIdx"), Number("treeSize"), Bytes("leafHash"), Bytes("root"), proof, holds)
            : new Probe(path, Number("size1"), Number("size2"), Bytes("root1"), Bytes("root2"), proof, holds);
    }
}
