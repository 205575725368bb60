using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// The keys of logs as they were pinned when a log was first seen: <c>keys</c> in a folder of the log's own, a vkey a line and behind
/// it, in Unix milliseconds, from when it no longer signs. Such a key came from the log's own hub: it shows that the log is still the
/// same one, and not that others see the same.
/// </summary>
public sealed class PinnedLogs(string directory, TimeProvider time)
{
    /// <summary>The log's folder: the hex SHA-256 of its origin.</summary>
    public string FolderOf(string origin) => Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin))));

    /// <summary>A policy of the pinned keys that are not retired, without witnesses. Fault: not-found.</summary>
    public Outcome<WitnessPolicy> PolicyOf(string origin)
    {
        var file = Path.Combine(FolderOf(origin), "keys");
        var logs = new StringBuilder();
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            var words = line.Split(' ');
            var retired = words.Length > 1 && long.TryParse(words[1], CultureInfo.InvariantCulture, out var until) && until <= time.GetUtcNow().ToUnixTimeMilliseconds();
            if (!retired && NoteKey.Parse(words[0]) is { IsOk: true, Value: { Type: NoteKeyType.Ed25519 } key } && key.Name == origin)
                logs.Append(CultureInfo.InvariantCulture, $"log {key}\n");
        }

        return logs.Length > 0
            ? WitnessPolicy.Parse($"{logs}quorum none\n")
            : new Fault(FaultCodes.NotFound, $"No key of the log {EventFields.Harmless(origin)} is known here: name one with --policy FILE or --key VKEY.", Culprit.Input);
    }
}
