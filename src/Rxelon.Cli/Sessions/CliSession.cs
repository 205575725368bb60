using System.CommandLine;
using Rxelon.Cli.Output;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Submission;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>One command with its global options.</summary>
internal sealed class CliSession(CliHost host, CliConsole console, string profile)
{
    internal CliHost Host => host;

    internal CliConsole Console => console;

    internal string Profile => profile;

    internal ProfileStore Profiles { get; } = ProfileStore.FromEnvironment(host.Variable);

    internal SubmissionJournal Journal => new(Profiles.JournalDirectory);

    internal static CliSession Of(ParseResult parsed, CliHost host)
        => new(
            host, new CliConsole(host, parsed.GetValue(GlobalOptions.Json), parsed.GetValue(GlobalOptions.Quiet)),
            parsed.GetValue(GlobalOptions.Profile) ?? (host.Variable("RXELON_PROFILE") is { Length: > 0 } named ? named : ProfileStore.DefaultProfile));

    /// <summary>Reads the profile, asks for its passphrase when it has one, and makes a client of its hub.</summary>
    internal Outcome<Login> LogIn()
    {
        var file = Profiles.Load(profile);
        if (file.Fault is { } missing)
            return missing;
        var keys = file.Value.Unlock(file.Value.Sealed is null ? null : Passphrase($"Passphrase of profile {profile}: "));
        if (keys.Fault is { } locked)
            return locked;
        var address = HubAddress.Parse(file.Value.Hub, file.Value.Fingerprint);
        return address.Fault is { } bad
            ? bad
            : new Login(file.Value, keys.Value, new HubClient(address.Value, keys.Value.ApiKey, host.Time));
    }

    /// <summary>Logs in, works, and turns a fault into a message and an exit code.</summary>
    internal async Task<int> WithHubAsync(Func<Login, Task<int>> work)
    {
        var login = LogIn();
        if (login.Fault is { } fault)
            return console.Fail(fault);
        using (login.Value)
            return await work(login.Value).ConfigureAwait(false);
    }

    internal string? Passphrase(string prompt)
        => host.Variable("RXELON_PASSPHRASE") is { Length: > 0 } passphrase ? passphrase : host.AskSecret(prompt);
}

/// <summary>An account in use.</summary>
internal sealed record Login(AccountFile File, AccountKeys Keys, HubClient Hub) : IDisposable
{
    public void Dispose()
    {
        Hub.Dispose();
        Keys.Dispose();
    }
}
