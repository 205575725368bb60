using System.Globalization;
using System.Text;
using Rxelon.Shared.Ledger;

namespace Rxelon.Shared.Tests.Ledger;

/// <summary>
/// One question to a proof checker, as transparency-dev/merkle publishes them: hashes are byte strings, also of lengths that are none.
/// Inclusion: index, size, leaf hash, root; consistency: both sizes, both roots.
/// </summary>
internal sealed record Probe(string Path, ulong A, ulong B, byte[] First, byte[] Second, byte[][] Proof, bool Holds)
{
    private static readonly byte[] Nothing = MerkleHash.EmptyRoot.ToBytes();
    private static readonly byte[] Some = Convert.FromHexString("abacaba000000000000000000000000000000000000000000060061e00123456");

    internal bool IsInclusion => Path.StartsWith("inclusion/", StringComparison.Ordinal);

    /// <summary>What our checkers say; a hash that is none cannot be asked about, which refuses it.</summary>
    internal bool IsAccepted()
    {
        var proof = new List<MerkleHash>();
        foreach (var bytes in Proof)
        {
            if (!MerkleHash.TryRead(bytes, out var hash))
                return false;
            proof.Add(hash);
        }

        return MerkleHash.TryRead(First, out var first) && MerkleHash.TryRead(Second, out var second)
            && (IsInclusion ? MerkleProofs.Includes(A, B, first, proof, second) : MerkleProofs.Extends(A, first, B, second, proof));
    }

    /// <summary>A valid inclusion proof and every published way to spoil it, under the published names.</summary>
    internal static IEnumerable<Probe> Inclusions(string folder, ulong index, ulong size, MerkleHash leaf, MerkleHash root, IReadOnlyList<MerkleHash> path)
    {
        var (proof, top) = (Bytes(path), root.ToBytes());
        var good = new Probe($"{folder}/happy-path", index, size, leaf.ToBytes(), top, proof, true);
        yield return good;
        Probe Bad(string name) => good with { Path = $"{folder}/{name}", Holds = false };
        yield return Bad("leafIdx---1") with { A = unchecked(index - 1) };
        yield return Bad("leafIdx-+-1") with { A = index + 1 };
        yield return Bad("leafIdx-^-2") with { A = index ^ 2 };
        yield return Bad("treeSize-*-2") with { B = size * 2 };
        yield return Bad("treeSize-div-2") with { B = size / 2 };
        yield return Bad("wrong-leaf") with { First = Encoding.ASCII.GetBytes("WrongLeaf") };
        yield return Bad("empty-root") with { Second = Nothing };
        yield return Bad("random-root") with { Second = Some };
        foreach (var (name, more) in ((string, byte[])[])[("garbage", []), ("root", top)])
        {
            yield return Bad($"trailing-{name}") with { Proof = [.. proof, more] };
            yield return Bad($"preceding-{name}") with { Proof = [more, .. proof] };
        }

        for (var i = 0; i < proof.Length; i++)
            yield return Bad(string.Create(CultureInfo.InvariantCulture, $"modified-proof[{i}]-bit-3")) with { Proof = Flipped(proof, i, 8) };
        if (proof.Length > 0)
            yield return Bad("removed-component") with { Proof = proof[..^1] };
        if (proof.Length > 1)
            yield return Bad("inserted-component") with { Proof = [proof[0], Some, .. proof[1..]] };
    }

    /// <summary>A valid consistency proof and every published way to spoil it; a proof without hashes stands alone there.</summary>
    internal static IEnumerable<Probe> Consistencies(string folder, ulong older, ulong size, MerkleHash oldRoot, MerkleHash root, IReadOnlyList<MerkleHash> path)
    {
        var (proof, one, two) = (Bytes(path), oldRoot.ToBytes(), root.ToBytes());
        var good = new Probe($"{folder}/happy-path", older, size, one, two, proof, true);
        yield return good;
        if (proof.Length == 0)
            yield break;
        Probe Bad(string name) => good with { Path = $"{folder}/{name}", Holds = false };
        yield return Bad("size1---1") with { A = older - 1 };
        yield return Bad("size1-+-1") with { A = older + 1 };
        yield return Bad("size1-^-2") with { A = older ^ 2 };
        yield return Bad("size2-*-2") with { B = size * 2 };
        yield return Bad("size2-div-2") with { B = size / 2 };
        yield return Bad("wrong-root1") with { First = Encoding.ASCII.GetBytes("WrongRoot") };
        yield return Bad("wrong-root2") with { Second = Encoding.ASCII.GetBytes("WrongRoot") };
        yield return Bad("swapped-roots") with { First = two, Second = one };
        yield return Bad("empty-proof") with { Proof = [] };
        foreach (var (name, more) in ((string, byte[])[])[("garbage", []), ("root1", one), ("root2", two)])
        {
            yield return Bad($"trailing-{name}") with { Proof = [.. proof, more] };
            yield return Bad($"preceding-{name}") with { Proof = [more, .. proof] };
        }

        yield return Bad("preceding-proof[0]") with { Proof = [proof[0], .. proof] };
        yield return Bad("truncated-proof") with { Proof = proof[..^1] };
        for (var i = 0; i < proof.Length; i++)
            yield return Bad(string.Create(CultureInfo.InvariantCulture, $"modified-proof[{i}]-bit-4")) with { Proof = Flipped(proof, i, 16) };
    }

    /// <summary>The published probes that belong to no proof: trees of one or no leaf, and sizes that are none.</summary>
    internal static IEnumerable<Probe> Singles()
    {
        var data = MerkleHash.OfLeaf("data"u8).ToBytes();
        var (one, two) = (Encoding.ASCII.GetBytes("don't care 1"), Encoding.ASCII.GetBytes("don't care 2"));
        yield return new("inclusion/single-entry/matching-root-and-leaf", 0, 1, data, data, [], true);
        yield return new("inclusion/single-entry/empty-leaf", 0, 1, [], data, [], false);
        yield return new("inclusion/single-entry/empty-root", 0, 1, data, [], [], false);
        yield return new("inclusion/single-entry/empty-root-and-leaf", 0, 1, [], [], [], false);
        (ulong Index, ulong Size)[] places = [(0, 0), (0, 1), (1, 0), (2, 1)];
        foreach (var (i, (index, size)) in places.Index())
        {
            yield return new($"inclusion/additional/{i}/random-leaf", index, size, Some, [], [], false);
            yield return new($"inclusion/additional/{i}/empty-root", index, size, [], Nothing, [], false);
            yield return new($"inclusion/additional/{i}/empty-root-and-random-leaf", index, size, Some, Nothing, [], false);
        }

        static Probe More(string name, ulong a, ulong b, byte[] first, byte[] second, params byte[][] proof)
            => new($"consistency/additional/{name}", a, b, first, second, proof, false);
        yield return More("consistency-check-on-empty-tree-(size1-is-zero)-is-useless", 0, 1, Nothing, Nothing, Nothing);
        yield return More("roots-do-not-match-and-sizes-are-zero", 0, 0, Nothing, two);
        yield return More("roots-do-not-not-match-and-sizes-are-one", 1, 1, Nothing, two);
        yield return More("size1-is-greater-than-size2", 1, 0, one, two);
        yield return More("size1-is-greater-than-size2-again", 2, 1, one, two);
        yield return More("size1-is-zero-and-does-not-equal-size2", 0, 1, one, two);
        yield return More("size1-is-zero-and-size2-is-not-zero", 0, 1, Nothing, two);
        yield return More("sizes-are-equal-(one)-but-roots-are-not", 1, 1, one, two);
        yield return More("sizes-are-equal-(zero)-but-roots-are-not", 0, 0, one, two);
        yield return More("sizes-are-equal-one-and-proof-is-empty", 1, 1, two, two) with { Holds = true };
        yield return More("sizes-are-equal-zero-and-proof-is-empty", 0, 0, one, one);
        yield return More("sizes-do-not-watch-and-proof-is-empty", 1, 2, one, two);
        yield return More("sizes-match-but-proof-is-not-empty-and-sizes-are-one", 1, 1, Nothing, Nothing, Nothing);
        yield return More("sizes-match-but-proof-is-not-empty-and-sizes-are-zero", 0, 0, Nothing, Nothing, Nothing);
    }

    private static byte[][] Bytes(IReadOnlyList<MerkleHash> hashes) => [.. hashes.Select(h => h.ToBytes())];

    private static byte[][] Flipped(byte[][] proof, int at, byte bit)
        => [.. proof.Select((hash, i) => i == at ? [(byte)(hash[0] ^ bit), .. hash[1..]] : hash)];
}
