using System.Buffers.Binary;
using System.Security.Cryptography;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Verification;

/// <summary>
/// What a node says a part's result is, blinded: HMAC-SHA256(verify key, "rx/answer/v1" ‖ content digest), 32 bytes
/// (docs/design/verification.md). Equal answers of one part mean equal results; without the key an answer says nothing.
/// </summary>
public readonly record struct Answer
{
    /// <summary>Bytes of an answer.</summary>
    public const int Size = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private Answer(ReadOnlySpan<byte> bytes)
    {
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>The answer for a result of this content under a part's verify key.</summary>
    public static Answer Of(ReadOnlySpan<byte> verifyKey, ReadOnlySpan<byte> contentDigest)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, verifyKey);
        mac.AppendData("rx/answer/v1"u8);
        mac.AppendData(contentDigest);
        return new Answer(mac.GetHashAndReset());
    }

    /// <summary>Reads 32 bytes; throws <see cref="FormatException"/> on another length.</summary>
    public static Answer FromBytes(ReadOnlySpan<byte> bytes)
        => bytes.Length == Size ? new Answer(bytes) : throw new FormatException($"An answer is {Size} bytes, not {bytes.Length}.");

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(ToBytes());
}

/// <summary>
/// A promise of an answer that says nothing of it until nonce and answer are shown:
/// SHA-256("rx/commit/v1" ‖ task 16 ‖ u32 part ‖ u32 attempt ‖ nonce 32 ‖ answer 32).
/// </summary>
public static class AnswerCommitment
{
    /// <summary>Bytes of a nonce: as many as the digest, so that trying answers does not help.</summary>
    public const int NonceSize = 32;

    /// <summary>Bytes of a commitment.</summary>
    public const int Size = 32;

    /// <summary>The commitment of one attempt.</summary>
    public static byte[] Of(AttemptId attempt, ReadOnlySpan<byte> nonce, Answer answer)
    {
        if (nonce.Length != NonceSize)
            throw new ArgumentException($"A nonce is {NonceSize} bytes, not {nonce.Length}.", nameof(nonce));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("rx/commit/v1"u8);
        hash.AppendData(attempt.Task.ToBytes());
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, attempt.Part);
        hash.AppendData(number);
        BinaryPrimitives.WriteInt32BigEndian(number, attempt.Number);
        hash.AppendData(number);
        hash.AppendData(nonce);
        hash.AppendData(answer.ToBytes());
        return hash.GetHashAndReset();
    }

    /// <summary>Whether a reveal is what was promised.</summary>
    public static bool Fits(ReadOnlySpan<byte> commitment, AttemptId attempt, ReadOnlySpan<byte> nonce, Answer answer)
        => nonce.Length == NonceSize && CryptographicOperations.FixedTimeEquals(commitment, Of(attempt, nonce, answer));
}
