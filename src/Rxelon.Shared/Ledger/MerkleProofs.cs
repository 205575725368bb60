using System.Numerics;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// Checks proofs as RFC 9162 §2.1.3.2 and §2.1.4.2 say. That every hash has 32 bytes is in the type; that the proof has the right
/// length is what the final <c>sn == 0</c> checks.
/// </summary>
public static class MerkleProofs
{
    /// <summary>True when the leaf is the one at <paramref name="index"/> in the tree of that size and root.</summary>
    public static bool Includes(ulong index, ulong size, MerkleHash leaf, IReadOnlyList<MerkleHash> proof, MerkleHash root)
    {
        if (index >= size)
            return false;
        var (fn, sn, hash) = (index, size - 1, leaf);
        foreach (var step in proof)
        {
            if (sn == 0)
                return false;
            if ((fn & 1) == 1 || fn == sn)
            {
                hash = MerkleHash.OfNode(step, hash);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                hash = MerkleHash.OfNode(hash, step);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && hash == root;
    }

    /// <summary>
    /// True when the tree of <paramref name="size"/> begins with all leaves of the older one. An older tree without leaves has no
    /// proof: every tree begins with nothing, and the caller says so itself.
    /// </summary>
    public static bool Extends(ulong olderSize, MerkleHash olderRoot, ulong size, MerkleHash root, IReadOnlyList<MerkleHash> proof)
    {
        if (olderSize == 0 || olderSize > size)
            return false;
        if (olderSize == size)
            return proof.Count == 0 && olderRoot == root;
        if (proof.Count == 0)
            return false;
        var (fn, sn) = (olderSize - 1, size - 1);
        while ((fn & 1) == 1)
            (fn, sn) = (fn >> 1, sn >> 1);
        // A complete older tree is itself a node of the newer one; the proof leaves it out.
        var skip = BitOperations.IsPow2(olderSize) ? 0 : 1;
        var older = skip == 0 ? olderRoot : proof[0];
        var newer = older;
        for (var i = skip; i < proof.Count; i++)
        {
            if (sn == 0)
                return false;
            var step = proof[i];
            if ((fn & 1) == 1 || fn == sn)
            {
                older = MerkleHash.OfNode(step, older);
                newer = MerkleHash.OfNode(step, newer);
                while ((fn & 1) == 0 && fn != 0)
                    (fn, sn) = (fn >> 1, sn >> 1);
            }
            else
            {
                newer = MerkleHash.OfNode(newer, step);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 && older == olderRoot && newer == root;
    }
}
