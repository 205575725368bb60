using System.CommandLine;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Whose word a receipt is checked against: a policy file, a key, or what was pinned here.</summary>
internal sealed class ReceiptTrust
{
    private readonly Option<string?> _policy = new("--policy") { Description = "A policy file (C2SP tlog-policy) that did not come from the same hub." };
    private readonly Option<string?> _key = new("--key") { Description = "The log's key (vkey: name+id+base64), without witnesses." };

    internal void AddTo(Command command)
    {
        command.Options.Add(_policy);
        command.Options.Add(_key);
    }

    /// <summary>True when the command line names nobody.</summary>
    internal bool IsPinned(ParseResult parsed) => parsed.GetValue(_policy) is null && parsed.GetValue(_key) is null;

    /// <summary>The policy for a receipt of that log. Faults: malformed; not-found for a file, or a log that was never seen here.</summary>
    internal Outcome<WitnessPolicy> PolicyOf(ParseResult parsed, CliSession session, string origin)
    {
        if (parsed.GetValue(_policy) is { } file)
        {
            var path = Path.GetFullPath(file, session.Host.Directory);
            if (parsed.GetValue(_key) is not null)
                return new Fault(FaultCodes.Malformed, "Use --policy or --key, not both.", Culprit.Input);
            return File.Exists(path)
                ? WitnessPolicy.Parse(File.ReadAllText(path))
                : new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input);
        }

        if (parsed.GetValue(_key) is not { } vkey)
            return new PinnedLogs(session.Profiles.LedgersDirectory, session.Host.Time).PolicyOf(origin);
        var key = NoteKey.Parse(vkey);
        if (key.Fault is { } fault)
            return fault;
        return key.Value.Type == NoteKeyType.Ed25519
            ? WitnessPolicy.Only(key.Value)
            : new Fault(FaultCodes.Malformed, "This is a witness's key; a log's key is of type 1.", Culprit.Input);
    }
}
