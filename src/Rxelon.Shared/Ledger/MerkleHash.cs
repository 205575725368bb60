using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Rxelon.Shared.Ledger;

/// <summary>A SHA-256 hash of the ledger's tree. A type of its own, so that no proof ever contains a hash of another length.</summary>
public readonly record struct MerkleHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 32;

    // Larger than most entries and events: one call and nothing on the heap.
    private const int MostAtOnce = 512;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private MerkleHash(ReadOnlySpan<byte> bytes)
    {
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>The root of a tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).</summary>
    public static MerkleHash EmptyRoot { get; } = new(SHA256.HashData([]));

    /// <summary>The hash of a leaf's bytes: SHA-256(0x00 ‖ leaf), RFC 6962 §2.1.</summary>
    public static MerkleHash OfLeaf(ReadOnlySpan<byte> leaf) => Sha256([0], leaf);

    /// <summary>The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1.</summary>
    public static MerkleHash OfNode(MerkleHash left, MerkleHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Size)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Size)..]);
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(input, hash);
        return new MerkleHash(hash);
    }

    /// <summary>SHA-256 of the pieces one behind the other.</summary>
    public static MerkleHash Sha256(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        Span<byte> hash = stackalloc byte[Size];
        if (first.Length + second.Length <= MostAtOnce)
        {
            Span<byte> both = stackalloc byte[MostAtOnce];
            first.CopyTo(both);
            second.CopyTo(both[first.Length..]);
            SHA256.HashData(both[..(first.Length + second.Length)], hash);
            return new MerkleHash(hash);
        }

        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(first);
        sha.AppendData(second);
        sha.GetHashAndReset(hash);
        return new MerkleHash(hash);
    }

    /// <summary>False unless there are exactly 32 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MerkleHash hash)
    {
        hash = bytes.Length == Size ? new MerkleHash(bytes) : default;
        return bytes.Length == Size;
    }

    /// <summary>False unless the text is the padded base64 (RFC 4648 §4) of 32 bytes, spelt the one right way.</summary>
    public static bool TryParse(ReadOnlySpan<char> base64, out MerkleHash hash)
    {
        Span<byte> bytes = stackalloc byte[Size + 1];
        hash = default;
        return StrictBase64.TryDecode(base64, bytes, out var length) && TryRead(bytes[..length], out hash);
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Padded base64.</summary>
    public override string ToString() => Convert.ToBase64String(ToBytes());
}
