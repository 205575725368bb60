using System.Text.Json.Serialization;

namespace Rxelon.Shared.Ids;

/// <summary>Names a node; follows from its identity key, so it survives restarts and re-joins. Text form: <c>n_</c> and 26 base32 characters.</summary>
[JsonConverter(typeof(IdJsonConverter<NodeId>))]
public readonly record struct NodeId : IId<NodeId>
{
    private const string Prefix = "n_";
    private readonly Id128 _id;

    private NodeId(Id128 id) => _id = id;

    /// <inheritdoc/>
    public static string Kind => "node";

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsUnset => _id.Bits == 0;

    /// <summary>Reads 16 bytes; throws <see cref="FormatException"/> on another length or all zeros.</summary>
    public static NodeId FromBytes(ReadOnlySpan<byte> bytes) => new(Id128.FromBytes(bytes));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out NodeId id)
    {
        var ok = Id128.TryParse(text, Prefix, out var bits);
        id = new NodeId(bits);
        return ok;
    }

    /// <summary>Parses the text form or throws <see cref="FormatException"/>.</summary>
    public static NodeId Parse(string text)
        => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a {Kind} id.");

    /// <summary>The node of whoever holds the Ed25519 identity key: first 16 bytes of SHA-256("rx/node/v1\n" ‖ key).</summary>
    public static NodeId OfIdentityKey(ReadOnlySpan<byte> publicKey) => new(Id128.OfKey("rx/node/v1", publicKey));

    /// <summary>The 16 bytes; throws for <c>default</c>.</summary>
    public byte[] ToBytes() => _id.ToBytes();

    /// <inheritdoc/>
    public override string ToString() => _id.ToText(Prefix);
}
