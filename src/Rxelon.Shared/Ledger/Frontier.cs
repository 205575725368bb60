using System.Buffers.Binary;
using System.Numerics;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// What must be known of a tree to append to it and to tell its root: one subtree hash for each set bit of its size, largest
/// first, at most 64 (a "compact range"). Not safe for concurrent use.
/// </summary>
public sealed class Frontier
{
    private readonly List<MerkleHash> _subtrees = [];

    /// <summary>Leaves so far.</summary>
    public ulong Size { get; private set; }

    /// <summary>The hashes of the complete subtrees, largest first.</summary>
    public IReadOnlyList<MerkleHash> Subtrees => _subtrees;

    /// <summary>Appends one leaf by its hash. <paramref name="completed"/> hears of every subtree that it completes, smallest first: level (0 is the leaf), index at that level, hash.</summary>
    public void Append(MerkleHash leaf, Action<int, ulong, MerkleHash>? completed = null)
    {
        var index = Size;
        var hash = leaf;
        completed?.Invoke(0, index, hash);
        for (var level = 0; (Size >> level & 1) == 1; level++)
        {
            hash = MerkleHash.OfNode(_subtrees[^1], hash);
            _subtrees.RemoveAt(_subtrees.Count - 1);
            index >>= 1;
            completed?.Invoke(level + 1, index, hash);
        }

        _subtrees.Add(hash);
        Size++;
    }

    /// <summary>The root of the tree (RFC 6962 §2.1): a lone right subtree is promoted unchanged.</summary>
    public MerkleHash Root()
    {
        if (_subtrees.Count == 0)
            return MerkleHash.EmptyRoot;
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--)
            root = MerkleHash.OfNode(_subtrees[i], root);
        return root;
    }

    /// <summary>The stored form: size (8 bytes, big-endian) and the subtree hashes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[sizeof(ulong) + (_subtrees.Count * MerkleHash.Size)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Size);
        for (var i = 0; i < _subtrees.Count; i++)
            _subtrees[i].CopyTo(bytes.AsSpan(sizeof(ulong) + (i * MerkleHash.Size)));
        return bytes;
    }

    /// <summary>Reads the stored form. Fault: malformed when the number of hashes does not fit the size.</summary>
    public static Outcome<Frontier> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ulong)
            || bytes.Length != sizeof(ulong) + (BitOperations.PopCount(BinaryPrimitives.ReadUInt64BigEndian(bytes)) * MerkleHash.Size))
            return new Fault(FaultCodes.Malformed, "A frontier is a size and one hash for each set bit of it.", Culprit.Input);
        var frontier = new Frontier { Size = BinaryPrimitives.ReadUInt64BigEndian(bytes) };
        for (var rest = bytes[sizeof(ulong)..]; rest.Length > 0; rest = rest[MerkleHash.Size..])
        {
            _ = MerkleHash.TryRead(rest[..MerkleHash.Size], out var hash);
            frontier._subtrees.Add(hash);
        }

        return frontier;
    }
}
