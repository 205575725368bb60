using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Remembers which keys a log named when it was first read (its <c>log.json</c>), one policy file for each address. That is trust on
/// first use: weaker than a policy from somebody else, and it asks for no witnesses. Later keys come from rotation entries.
/// </summary>
public sealed class LogPins(string folder)
{
    private const string LogDocument = "log.json";
    private const int MaxDocument = 256 * 1024;
    private const int NameDigits = 32;

    /// <summary>The policy for this source, and whether it was made just now. Fault: that of reading log.json, malformed.</summary>
    public async Task<Outcome<(WitnessPolicy Policy, bool IsNew)>> PolicyOfAsync(ILogSource source, CancellationToken ct = default)
    {
        var file = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source.Name)))[..NameDigits]);
        if (DurableFile.Read(file, MaxDocument) is { } pinned)
        {
            var known = WitnessPolicy.Parse(Encoding.UTF8.GetString(pinned));
            return known.Fault is { } damaged ? damaged : (known.Value, false);
        }

        var document = await source.ReadAsync(LogDocument, MaxDocument, ct).ConfigureAwait(false);
        if (document.Fault is { } missing)
            return missing;
        var keys = KeysIn(document.Value);
        if (keys.Count == 0)
            return new Fault(FaultCodes.Malformed, $"{source.Name}/{LogDocument} names no keys of one log.", Culprit.Hub);
        var text = $"# {source.Name}\n{string.Concat(keys.Select(key => $"log {key}\n"))}quorum none\n";
        var policy = WitnessPolicy.Parse(text);
        if (policy.Fault is { } fault)
            return fault;
        DurableFile.Write(file, Encoding.UTF8.GetBytes(text));
        return (policy.Value, true);
    }

    private static List<NoteKey> KeysIn(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var keys = document.RootElement.GetProperty("keys").EnumerateArray().Select(k => NoteKey.Parse(k.GetString() ?? "")).ToList();
            return keys.All(k => k.IsOk && k.Value.Name == keys[0].Value.Name) ? [.. keys.Select(k => k.Value)] : [];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }
}
