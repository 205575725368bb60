using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// The keys by which logs are known on this machine. Such a key came from the log's own hub: it shows that the log is still the same
/// one, and not that others see the same. Two places are read: <c>keys</c> in the folder of a log that is followed (a vkey a line, and
/// behind it, in Unix milliseconds, from when it no longer signs), otherwise the policies in <c>pins/</c>, one for each address.
/// </summary>
public sealed class PinnedLogs(string directory, TimeProvider time)
{
    /// <summary>A followed log's folder: the hex SHA-256 of its origin.</summary>
    public string FolderOf(string origin) => Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin))));

    /// <summary>
    /// A policy of the keys of that log that are not retired, without witnesses. Faults: not-found; conflict when two addresses were
    /// pinned that name different keys for one log.
    /// </summary>
    public Outcome<WitnessPolicy> PolicyOf(string origin)
    {
        var followed = Path.Combine(FolderOf(origin), "keys");
        if (File.Exists(followed))
            return Policy(origin, File.ReadAllLines(followed).Select(Current).OfType<NoteKey>());
        var pins = Path.Combine(directory, "pins");
        var pinned = (Directory.Exists(pins) ? Directory.EnumerateFiles(pins) : [])
            .Select(file => WitnessPolicy.Parse(File.ReadAllText(file)))
            .Where(policy => policy.IsOk && policy.Value.Logs.All(key => key.Name == origin))
            .Select(policy => policy.Value.Logs)
            .ToList();
        return pinned.TrueForAll(keys => keys.ToHashSet().SetEquals(pinned[0]))
            ? Policy(origin, pinned.FirstOrDefault() ?? [])
            : new Fault(
                FaultCodes.Conflict, $"Two addresses named different keys for the log {EventFields.Harmless(origin)}: say whom you believe, with --policy FILE or --key VKEY.", Culprit.Input);
    }

    private NoteKey? Current(string line)
    {
        var words = line.Split(' ');
        var retired = words.Length > 1 && long.TryParse(words[1], CultureInfo.InvariantCulture, out var until) && until <= time.GetUtcNow().ToUnixTimeMilliseconds();
        return !retired && NoteKey.Parse(words[0]) is { IsOk: true, Value: { Type: NoteKeyType.Ed25519 } key } ? key : null;
    }

    private static Outcome<WitnessPolicy> Policy(string origin, IEnumerable<NoteKey> keys)
    {
        var logs = string.Concat(keys.Where(key => key.Name == origin).Select(key => $"log {key}\n"));
        return logs.Length > 0
            ? WitnessPolicy.Parse($"{logs}quorum none\n")
            : new Fault(FaultCodes.NotFound, $"No key of the log {EventFields.Harmless(origin)} is known here: name one with --policy FILE or --key VKEY.", Culprit.Input);
    }
}
