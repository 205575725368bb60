using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Profiles;

/// <summary>
/// An account file: everything needed to use the account on another machine. JSON; the secrets are either in
/// <see cref="Secrets"/> or, under a passphrase, in <see cref="Sealed"/>.
/// </summary>
public sealed record AccountFile
{
    /// <summary>The only version there is.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required AccountId Account { get; init; }

    public required string Name { get; init; }

    /// <summary>"user" or "operator".</summary>
    public required string Kind { get; init; }

    /// <summary>The hub's address without fingerprint.</summary>
    public required string Hub { get; init; }

    /// <summary>The pinned authority of the hub, if any.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Secrets in the clear; null when sealed.</summary>
    public AccountSecrets? Secrets { get; init; }

    /// <summary>Secrets under a passphrase; null when in the clear.</summary>
    public PassphraseSeal? Sealed { get; init; }

    /// <summary>The file of these keys; sealed when there is a passphrase.</summary>
    public static AccountFile Of(AccountKeys keys, string name, string kind, Hub.HubAddress hub, string? passphrase)
    {
        var file = new AccountFile
        {
            Account = keys.Account,
            Name = name,
            Kind = kind,
            Hub = hub.Url.ToString().TrimEnd('/'),
            Fingerprint = hub.Fingerprint,
        };
        return file.Protect(keys, passphrase);
    }

    /// <summary>The same file with its secrets sealed, or in the clear when there is no passphrase.</summary>
    public AccountFile Protect(AccountKeys keys, string? passphrase)
    {
        var secrets = keys.Export();
        if (string.IsNullOrEmpty(passphrase))
            return this with { Secrets = secrets, Sealed = null };
        var plain = JsonSerializer.SerializeToUtf8Bytes(secrets, ProfileJson.Default.AccountSecrets);
        var sealedSecrets = PassphraseSeal.Seal(plain, passphrase, Binding());
        CryptographicOperations.ZeroMemory(plain);
        return this with { Secrets = null, Sealed = sealedSecrets };
    }

    /// <summary>The keys. Faults: unauthorized for a missing or wrong passphrase, malformed for a damaged file.</summary>
    public Outcome<AccountKeys> Unlock(string? passphrase)
    {
        var secrets = Secrets;
        if (Sealed is not null)
        {
            if (string.IsNullOrEmpty(passphrase))
                return new Fault(FaultCodes.Unauthorized, "The account file is protected; set RXELON_PASSPHRASE or type the passphrase.", Culprit.Input);
            var opened = Sealed.Open(passphrase, Binding());
            if (opened.Fault is { } fault)
                return fault;
            secrets = JsonSerializer.Deserialize(opened.Value, ProfileJson.Default.AccountSecrets);
            CryptographicOperations.ZeroMemory(opened.Value);
        }

        if (secrets is not { SigningSeed.Length: 32, ExchangePrivate.Length: 32 })
            return Damaged("its keys are missing");
        var keys = AccountKeys.From(new(secrets.SigningSeed.ToArray(), secrets.ExchangePrivate.ToArray(), secrets.ApiKey));
        return keys.Account == Account ? keys : Damaged("its keys belong to another account");
    }

    /// <summary>Parses the JSON; a damaged file is a malformed fault.</summary>
    public static Outcome<AccountFile> Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var file = JsonSerializer.Deserialize(utf8, ProfileJson.Default.AccountFile);
            return file is null ? Damaged("it is empty")
                : file.Version != CurrentVersion ? Damaged($"version {file.Version} is unknown to this program")
                : file;
        }
        catch (JsonException e)
        {
            return Damaged(e.Message);
        }
    }

    /// <summary>The JSON that <see cref="Parse"/> reads.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ProfileJson.Default.AccountFile);

    private static Fault Damaged(string why) => new(FaultCodes.Malformed, $"The account file cannot be used: {why}.", Culprit.Input);

    private byte[] Binding() => Encoding.ASCII.GetBytes($"rx/profile/v1\n{Account}");
}

/// <summary>The secret part of an account file: Ed25519 seed, X25519 private key, API key.</summary>
public sealed record AccountSecrets(byte[] SigningSeed, byte[] ExchangePrivate, string? ApiKey);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccountFile))]
[JsonSerializable(typeof(AccountSecrets))]
internal sealed partial class ProfileJson : JsonSerializerContext;
