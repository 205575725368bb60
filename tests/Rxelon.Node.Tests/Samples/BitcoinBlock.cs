using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Rxelon.Node.Tests.Samples;

/// <summary>Blocks of Bitcoin's regtest network, made and mined here; what the sample's C does is done a second time in C#.</summary>
internal static class BitcoinBlock
{
    private const uint EasiestBits = 0x207fffff;

    private static readonly byte[] Magic = [0xfa, 0xbf, 0xb5, 0xda];

    /// <summary>The block in a block file: magic, size, bytes.</summary>
    internal static byte[] Record(byte[] block) => [.. Magic, .. UInt32((uint)block.Length), .. block];

    internal static byte[] HashOf(byte[] block) => Twice(block.AsSpan(0, 80));

    /// <summary>A hash as people write it.</summary>
    internal static string Name(byte[] hash) => Convert.ToHexStringLower([.. hash.Reverse()]);

    /// <summary>A mined block; <paramref name="ids"/> when the transactions' hashes are not their ids.</summary>
    internal static byte[] Mine(byte[] previous, IReadOnlyList<byte[]> transactions, IReadOnlyList<byte[]>? ids = null)
    {
        byte[] header = [.. UInt32(4), .. previous, .. Root([.. ids ?? [.. transactions.Select(t => Twice(t))]]), .. UInt32(1_700_000_000), .. UInt32(EasiestBits), .. UInt32(0)];
        // The hash, as a number, is below 0x7fffff00…: its last byte counts most.
        for (uint nonce = 0; Twice(header)[31] > 0x7e; nonce++)
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
        return [.. header, checked((byte)transactions.Count), .. transactions.SelectMany(t => t)];
    }

    /// <summary>A transaction in the old form.</summary>
    internal static byte[] Transaction(int seed) => [.. UInt32(1), 1, .. Spent(seed), 1, .. Coins(seed), 1, 0x51, .. UInt32(0)];

    /// <summary>A block with one transaction that has a witness, and a commitment to it unless <paramref name="commit"/> is false.</summary>
    internal static byte[] MineWithWitness(byte[] previous, bool commit = true, byte witness = 7)
    {
        byte[] body = [1, .. Spent(1), 1, .. Coins(1), 1, 0x51];
        byte[] plain = [.. UInt32(2), .. body, .. UInt32(0)], full = [.. UInt32(2), 0, 1, .. body, 1, 3, 9, 8, witness, .. UInt32(0)];
        byte[] committed = [.. UInt32(2), 0, 1, .. body, 1, 3, 9, 8, 7, .. UInt32(0)];
        byte[] reserved = new byte[32], commitment = Twice([.. Root([new byte[32], Twice(committed)]), .. reserved]);
        byte[] outputs = commit ? [1, .. Coins(0), 38, 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, .. commitment] : [1, .. Coins(0), 1, 0x51];
        byte[] first = [1, .. Spent(0), .. outputs];
        return Mine(
            previous,
            [[.. UInt32(2), 0, 1, .. first, 1, 32, .. reserved, .. UInt32(0)], full],
            [Twice([.. UInt32(2), .. first, .. UInt32(0)]), Twice(plain)]);
    }

    private static byte[] Spent(int seed) => [.. SHA256.HashData(UInt32((uint)seed)), .. UInt32(0), 0, .. UInt32(uint.MaxValue)];

    private static byte[] Coins(int seed) => [.. UInt32((uint)seed), .. UInt32(0)];

    private static byte[] Root(IReadOnlyList<byte[]> hashes) => hashes.Count == 1
        ? hashes[0]
        : Root([.. hashes.Chunk(2).Select(pair => Twice([.. pair[0], .. pair[^1]]))]);

    private static byte[] Twice(ReadOnlySpan<byte> bytes) => SHA256.HashData(SHA256.HashData(bytes));

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
