using System.Diagnostics;
using CsCheck;
using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// Broken and hostile inputs for every parser of the ledger, and forged proofs. A sample of it in every run; `./rx bench fuzz` gives the
/// parsers millions.
/// </summary>
public sealed class FuzzSpecs
{
    private const int InputsEach = 2_000;
    private static readonly Lazy<IReadOnlyList<LedgerParser>> Parsers = new(LedgerParser.All);

    public static TheoryData<string> Names => [.. Parsers.Value.Select(p => p.Name)];

    private static LedgerParser Parser(string name) => Parsers.Value.Single(p => p.Name == name);

    [Theory]
    [MemberData(nameof(Names))]
    public void Valid_inputs_are_accepted(string name) => Assert.All(Parser(name).Valid, input => Assert.True(Parser(name).Accepts(input)));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_input_makes_a_parser_throw_and_what_is_accepted_is_written_back_as_it_was(string name)
    {
        var parser = Parser(name);
        for (var seed = 0; seed < InputsEach; seed++)
        {
            var input = new Mutator(seed).Of(parser.Valid);
            if (Record.Exception(() => parser.Accepts(input)) is { } thrown)
                Assert.Fail($"{name}, seed {seed}, input {Convert.ToBase64String(input)}: {thrown}");
        }
    }

    /// <summary>Each is ten mebibytes; a receipt may be as long and is only read once.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_huge_input_costs_little_time_and_a_bounded_multiple_of_its_size(string name)
    {
        const int Huge = 10 << 20;
        var parser = Parser(name);
        foreach (var fill in (byte[])[0, (byte)'\n', (byte)'/', (byte)'+', (byte)' ', (byte)'[', (byte)'A'])
        {
            byte[] filled = [.. parser.Valid[0], .. Enumerable.Repeat(fill, Huge - parser.Valid[0].Length)];
            byte[] noStart = [.. Enumerable.Repeat(fill, Huge)];
            foreach (var input in (byte[][])[filled, noStart])
            {
                var (before, since) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew());
                _ = parser.Accepts(input);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6L * Huge);
                Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            }
        }
    }

    /// <summary>Size and root are the honest ones of a checkpoint; everything else is the forger's.</summary>
    [Fact]
    public void No_forged_proof_says_of_a_tree_what_is_not_so()
    {
        const int Most = 40;
        var (builder, roots, leaves) = MerkleSpecs.Tree(Most);
        MerkleHash[] known = [.. roots, .. leaves, MerkleHash.OfNode(leaves[0], leaves[1]), default];
        var accepted = 0;
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Mutator(seed);
                var size = 1 + random.Next(Most);
                var (index, claimed) = (random.Next(size), random.Next(4) == 0 ? (ulong)random.Next(Most + 2) : 0UL);
                claimed = claimed == 0 ? (ulong)index : claimed;
                var path = Forged(random, builder.Inclusion((ulong)index, (ulong)size), known);
                var leaf = random.Next(2) == 0 ? leaves[index] : known[random.Next(known.Length)];
                if (MerkleProofs.Includes(claimed, (ulong)size, leaf, path, roots[size]))
                {
                    Assert.Equal(leaves[(int)claimed], leaf);
                    Assert.Equal(builder.Inclusion(claimed, (ulong)size), path);
                    Interlocked.Increment(ref accepted);
                }

                var older = 1 + random.Next(size);
                path = Forged(random, builder.Consistency((ulong)older, (ulong)size), known);
                claimed = random.Next(2) == 0 ? (ulong)older : (ulong)random.Next(Most + 2);
                var root = random.Next(2) == 0 ? roots[older] : known[random.Next(known.Length)];
                if (MerkleProofs.Extends(claimed, root, (ulong)size, roots[size], path))
                {
                    Assert.Equal(roots[claimed], root);
                    Assert.Equal(builder.Consistency(claimed, (ulong)size), path);
                    Interlocked.Increment(ref accepted);
                }
            },
            iter: 20_000);
        Assert.True(accepted > 0, "Honest proofs are among them, so some must have verified.");
    }

    private static List<MerkleHash> Forged(Mutator random, IReadOnlyList<MerkleHash> honest, MerkleHash[] known)
    {
        var path = honest.ToList();
        for (var times = random.Next(3); times > 0; times--)
        {
            var at = random.Next(path.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    path.Insert(at, known[random.Next(known.Length)]);
                    break;
                case 1 when at < path.Count:
                    path.RemoveAt(at);
                    break;
                case 2 when at < path.Count:
                    path[at] = known[random.Next(known.Length)];
                    break;
                default:
                    path.Reverse();
                    break;
            }
        }

        return path;
    }
}
