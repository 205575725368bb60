using System.Text.Json.Serialization;

namespace Rxelon.Shared.Ids;

/// <summary>Names an account (user, operator, admin or treasury). Text form: <c>a_</c> and 26 base32 characters.</summary>
[JsonConverter(typeof(IdJsonConverter<AccountId>))]
public readonly record struct AccountId : IId<AccountId>
{
    private const string Prefix = "a_";
    private readonly Id128 _id;

    private AccountId(Id128 id) => _id = id;

    /// <inheritdoc/>
    public static string Kind => "account";

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsUnset => _id.Bits == 0;

    /// <summary>Reads 16 bytes; throws <see cref="FormatException"/> on another length or all zeros.</summary>
    public static AccountId FromBytes(ReadOnlySpan<byte> bytes) => new(Id128.FromBytes(bytes));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out AccountId id)
    {
        var ok = Id128.TryParse(text, Prefix, out var bits);
        id = new AccountId(bits);
        return ok;
    }

    /// <summary>Parses the text form or throws <see cref="FormatException"/>.</summary>
    public static AccountId Parse(string text)
        => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a {Kind} id.");

    /// <summary>The account of whoever holds the Ed25519 signing key: first 16 bytes of SHA-256("rx/account/v1\n" ‖ key).</summary>
    public static AccountId OfSigningKey(ReadOnlySpan<byte> publicKey) => new(Id128.OfKey("rx/account/v1", publicKey));

    /// <summary>The 16 bytes; throws for <c>default</c>.</summary>
    public byte[] ToBytes() => _id.ToBytes();

    /// <inheritdoc/>
    public override string ToString() => _id.ToText(Prefix);
}
