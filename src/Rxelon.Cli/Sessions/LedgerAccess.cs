using System.CommandLine;
using Rxelon.Client.Ledger;
using Rxelon.Client.Specs;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Which log a command reads, and by which keys it is believed; dispose to close the connection.</summary>
internal sealed record LedgerAccess(ILogSource Source, WitnessPolicy Policy) : IDisposable
{
    internal LogReader Reader { get; } = new(Source);

    public void Dispose() => (Source as IDisposable)?.Dispose();

    /// <summary>Where followed logs and pinned keys lie.</summary>
    internal static string FolderOf(CliSession session) => Path.Combine(session.Profiles.Directory, "ledgers");

    /// <summary>
    /// The log at an address or in a folder; null for the profile's hub. Its keys are those of --policy or --key, else the ones that
    /// were pinned when it was read first.
    /// </summary>
    internal static async Task<Outcome<LedgerAccess>> OpenAsync(
        CliSession session, string? url, string? key, string? policyFile, CancellationToken ct)
    {
        var source = SourceOf(session, url);
        if (source.Fault is { } unknown)
            return unknown;
        var policy = await PolicyAsync(session, source.Value, key, policyFile, ct).ConfigureAwait(false);
        if (policy.IsOk)
            return new LedgerAccess(source.Value, policy.Value);
        (source.Value as IDisposable)?.Dispose();
        return policy.Fault!;
    }

    /// <summary>The log at an address or in a folder; null for the profile's hub.</summary>
    internal static Outcome<ILogSource> SourceOf(CliSession session, string? url)
    {
        string? fingerprint = null;
        if (url is null)
        {
            var file = session.Profiles.Load(session.Profile);
            if (file.Fault is { } missing)
                return missing;
            (url, fingerprint) = (file.Value.Hub.TrimEnd('/') + "/ledger", file.Value.Fingerprint);
        }

        var folder = Path.GetFullPath(url, session.Host.Directory);
        if (!url.Contains("://", StringComparison.Ordinal))
            return Directory.Exists(folder)
                ? new FolderLogSource(folder)
                : new Fault(FaultCodes.NotFound, $"There is no folder {folder}; an address begins with https://.", Culprit.Input);
        var source = HttpLogSource.Parse(url, session.Host.Time, fingerprint);
        return source.Fault is { } bad ? bad : source.Value;
    }

    private static async Task<Outcome<WitnessPolicy>> PolicyAsync(
        CliSession session, ILogSource source, string? key, string? policyFile, CancellationToken ct)
    {
        if (policyFile is not null)
        {
            var path = Path.GetFullPath(policyFile, session.Host.Directory);
            return File.Exists(path)
                ? WitnessPolicy.Parse(await File.ReadAllTextAsync(path, ct).ConfigureAwait(false))
                : new Fault(FaultCodes.NotFound, $"There is no file {path}.", Culprit.Input);
        }

        if (key is not null)
            return WitnessPolicy.Parse($"log {key}\nquorum none\n");
        var pinned = await new LogPins(Path.Combine(FolderOf(session), "pins")).PolicyOfAsync(source, ct).ConfigureAwait(false);
        if (pinned.Fault is { } fault)
            return fault;
        if (pinned.Value.IsNew)
            session.Console.Remark($"Trusted on first use: {string.Join(", ", pinned.Value.Policy.Logs)}. A policy from somebody else (--policy) is stronger.");
        return pinned.Value.Policy;
    }
}

/// <summary>Options of commands that read a log.</summary>
internal sealed class LedgerOptions
{
    private const string DefaultInterval = "10s";

    internal Option<string?> Url { get; } = new("--url") { Description = "The log: https://host/ledger[#fingerprint] or a folder; otherwise the profile's hub." };

    internal Option<string?> Key { get; } = new("--key") { Description = "The log's key (name+id+base64)." };

    internal Option<string?> Policy { get; } = new("--policy") { Description = "A policy file (C2SP tlog-policy): keys, witnesses, quorum." };

    internal Option<bool> Once { get; } = new("--once") { Description = "Look once and end." };

    internal Option<TimeSpan> Interval { get; } = new("--interval")
    {
        Description = "How often to look: 10s, 5m.",
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
        CustomParser = result =>
        {
            if (Quantities.TrySeconds(result.Tokens[0].Value, out var seconds) && seconds is > 0 and < 86_400 * 30)
                return TimeSpan.FromSeconds(seconds);
            result.AddError($"'{result.Tokens[0].Value}' is no interval; write {DefaultInterval}, 5m or 1h.");
            return default;
        },
    };
}
