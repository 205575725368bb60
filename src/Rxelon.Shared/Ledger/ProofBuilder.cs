using System.Numerics;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// Makes the proofs that <see cref="MerkleProofs"/> checks, from the hashes of complete subtrees.
/// <paramref name="subtree"/> gives the one at a level (0: leaves) and index: leaves index·2^level up to (index+1)·2^level.
/// </summary>
public sealed class ProofBuilder(Func<int, ulong, MerkleHash> subtree)
{
    /// <summary>The root of the first <paramref name="size"/> leaves.</summary>
    public MerkleHash Root(ulong size) => size == 0 ? MerkleHash.EmptyRoot : Range(0, size);

    /// <summary>PATH(index, D[size]) of RFC 6962 §2.1.1, the leaf's sibling first.</summary>
    public IReadOnlyList<MerkleHash> Inclusion(ulong index, ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<MerkleHash>();
        Path(index, 0, size, proof);
        return proof;
    }

    /// <summary>PROOF(older, D[size]) of RFC 6962 §2.1.2; empty when both are the same or the older one is empty.</summary>
    public IReadOnlyList<MerkleHash> Consistency(ulong older, ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(older, size);
        var proof = new List<MerkleHash>();
        if (older > 0 && older < size)
            Subproof(older, 0, size, true, proof);
        return proof;
    }

    private void Path(ulong index, ulong from, ulong to, List<MerkleHash> proof)
    {
        if (to - from == 1)
            return;
        var middle = from + LargestPowerBelow(to - from);
        if (index < middle)
        {
            Path(index, from, middle, proof);
            proof.Add(Range(middle, to));
        }
        else
        {
            Path(index, middle, to, proof);
            proof.Add(Range(from, middle));
        }
    }

    // "whole": the older tree's root is known to whoever checks, so that this subtree need not be said.
    private void Subproof(ulong older, ulong from, ulong to, bool whole, List<MerkleHash> proof)
    {
        if (older == to)
        {
            if (!whole)
                proof.Add(Range(from, to));
            return;
        }

        var middle = from + LargestPowerBelow(to - from);
        if (older <= middle)
        {
            Subproof(older, from, middle, whole, proof);
            proof.Add(Range(middle, to));
        }
        else
        {
            Subproof(older, middle, to, false, proof);
            proof.Add(Range(from, middle));
        }
    }

    private MerkleHash Range(ulong from, ulong to)
    {
        var size = to - from;
        if (BitOperations.IsPow2(size))
        {
            var level = BitOperations.Log2(size);
            return subtree(level, from >> level);
        }

        var middle = from + LargestPowerBelow(size);
        return MerkleHash.OfNode(Range(from, middle), Range(middle, to));
    }

    private static ulong LargestPowerBelow(ulong size) => 1UL << BitOperations.Log2(size - 1);
}
