using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Rxelon.Shared.Ids;

/// <summary>Names an encrypted byte sequence by its SHA-256. Text form: 64 lower-case hex digits.</summary>
[JsonConverter(typeof(IdJsonConverter<BlobId>))]
public readonly record struct BlobId : IId<BlobId>, IComparable<BlobId>
{
    /// <summary>Bytes in a SHA-256 digest.</summary>
    public const int Size = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private BlobId(ReadOnlySpan<byte> digest)
    {
        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest[16..]);
    }

    /// <inheritdoc/>
    public static string Kind => "blob";

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsUnset => _high == 0 && _low == 0;

    /// <summary>Reads a 32-byte digest; throws <see cref="FormatException"/> on another length.</summary>
    public static BlobId FromDigest(ReadOnlySpan<byte> digest)
        => digest.Length == Size ? new BlobId(digest) : throw new FormatException("A SHA-256 digest is 32 bytes.");

    /// <summary>The name of <paramref name="content"/>.</summary>
    public static BlobId Of(ReadOnlySpan<byte> content) => new(SHA256.HashData(content));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out BlobId id)
    {
        id = default;
        if (text is not { Length: Size * 2 } || text.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            return false;
        id = new BlobId(Convert.FromHexString(text));
        return true;
    }

    /// <summary>Parses the text form or throws <see cref="FormatException"/>.</summary>
    public static BlobId Parse(string text)
        => TryParse(text, out var id) ? id : throw new FormatException("A blob id is 64 lower-case hex digits.");

    /// <summary>The 32 digest bytes.</summary>
    public byte[] ToDigest()
    {
        var digest = new byte[Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(digest, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(digest.AsSpan(16), _low);
        return digest;
    }

    /// <inheritdoc/>
    public int CompareTo(BlobId other) => _high == other._high ? _low.CompareTo(other._low) : _high.CompareTo(other._high);

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(ToDigest());
}
