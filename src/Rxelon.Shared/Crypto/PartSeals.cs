using System.Security.Cryptography;
using Rxelon.Shared.Values;
using static Rxelon.Shared.Crypto.PartFormat;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// What an encryption leaves so that it can be made again, byte for byte: its nonce prefix and the tag of each segment. Not secret. Encrypting
/// under a prefix that was used is safe only while the plaintext is the same, and the tags are how that is known.
/// Layout: prefix (7) ‖ tags (16 each).
/// </summary>
public sealed class PartSeals
{
    private readonly byte[] _bytes;

    private PartSeals(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Prefix => _bytes.AsSpan(0, NoncePrefixSize);

    /// <summary>Reads what <see cref="ToBytes"/> gave. Fault: malformed.</summary>
    public static Outcome<PartSeals> Parse(ReadOnlySpan<byte> bytes)
        => bytes.Length > NoncePrefixSize && (bytes.Length - NoncePrefixSize) % TagSize == 0
            ? new PartSeals(bytes.ToArray())
            : new Fault(FaultCodes.Malformed, "The seals of an encryption are cut.", Culprit.Input);

    /// <summary>A copy.</summary>
    public byte[] ToBytes() => [.. _bytes];

    /// <summary>True when segment <paramref name="number"/> had this tag. The last segment's tag says so, and none follows it.</summary>
    internal bool Has(long number, ReadOnlySpan<byte> tag)
        => NoncePrefixSize + ((number + 1) * TagSize) is var end && end <= _bytes.Length
            && CryptographicOperations.FixedTimeEquals(_bytes.AsSpan((int)end - TagSize, TagSize), tag);

    /// <summary>Collects the seals of an encryption under way.</summary>
    internal sealed class Recorder
    {
        private readonly MemoryStream _bytes = new();

        internal Recorder(ReadOnlySpan<byte> prefix) => _bytes.Write(prefix);

        internal void Add(ReadOnlySpan<byte> tag) => _bytes.Write(tag);

        internal PartSeals Finish() => new(_bytes.ToArray());
    }
}

/// <summary>A repeated encryption met another plaintext than the first time; nothing of the segment in which they differ went out.</summary>
public sealed class PlaintextChangedException()
    : IOException("The plaintext is not the one that was encrypted before.");
