using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ledger;

namespace Rxelon.System.Tests.Ledger;

/// <summary>A real hub's ledger, killed, rolled back and witnessed by real processes.</summary>
public sealed class HubLedgerSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TestNetwork _network = new();
    private readonly HttpClient _http = new();
    private readonly List<OutsideProcess> _witnesses = [];
    private string[] _hubArguments = [];
    private int _users;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _http.Dispose();
        foreach (var witness in _witnesses)
            await witness.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task Killed_between_any_two_steps_of_sealing_the_log_goes_on_as_if_nothing_had_happened()
    {
        await StartAsync();
        foreach (var step in (string[])["committed", "tiled", "signed", "witnessed", "recorded", "published"])
        {
            await OpenAccountsAsync(1);
            await CoveredAsync();
            await FollowAsync(0);
            await _network.Hub.KillAsync();
            await _network.TryStartHubAsync(new Dictionary<string, string> { ["RXELON_FAILPOINT"] = $"hub.seal.{step}@1" }, _hubArguments);
            await Eventually.TrueAsync($"dead at {step}", Patience, async () =>
            {
                if (!_network.Hub.HasExited)
                    await TryOpenAccountAsync();
                return _network.Hub.HasExited;
            });
            await StartAsync();
            await CoveredAsync();
            await FollowAsync(0);
            await AuditAsync(0, "The journal is what was sealed.");
        }

        await StopAsync();
        await AuditAsync(0, "0 rows wait");
    }

    [Fact]
    public async Task Without_witnesses_a_follower_catches_a_history_that_was_written_anew()
    {
        await StartAsync();
        await OpenAccountsAsync(2);
        await CoveredAsync();
        await StopAsync();
        var backup = Backup();
        await StartAsync();
        await OpenAccountsAsync(2);
        await CoveredAsync();
        await FollowAsync(0);
        await StopAsync();

        Restore(backup);
        await StartAsync();
        await OpenAccountsAsync(4); // other events take the places of those that were published
        await CoveredAsync();
        var caught = await FollowAsync(5);
        Assert.Contains("ledger-", caught.Error, StringComparison.Ordinal);
        var evidence = Directory.GetDirectories(Path.Combine(_network.Accounts, "ledgers"), "evidence", SearchOption.AllDirectories);
        Assert.NotEmpty(Directory.GetFiles(Assert.Single(evidence), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task With_witnesses_a_restored_backup_stops_the_ledger_and_a_successor_goes_on()
    {
        // The log's key is made at the first start; only then can witnesses be told about it.
        await StartAsync();
        var oldKey = (await LogAsync()).Keys.Single();
        await StopAsync();
        var policy = await WitnessedByAsync(oldKey, "w1", "w2");
        _hubArguments = ["--set", $"LedgerPolicy={policy}"];
        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        Assert.Equal(2, (await CheckpointAsync()).Signatures.Count(s => s.Name.EndsWith(".test/w", StringComparison.Ordinal)));

        // A silent witness holds publication up, and nothing else.
        var address = _witnesses[0].Url;
        await _witnesses[0].KillAsync();
        await OpenAccountsAsync(1);
        await Eventually.TrueAsync("waiting for the quorum", Patience, async () => (await LogAsync()).Trouble?.Contains("quorum", StringComparison.Ordinal) == true);
        var pending = await _network.PbmAsync("ledger", "status");
        Assert.Contains("not-yet", pending, StringComparison.Ordinal);
        _witnesses[0] = await RunWitnessAsync("w1", address.ToString().TrimEnd('/'));
        await CoveredAsync();
        await StopAsync();
        var backup = Backup();
        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        await StopAsync();

        Restore(backup);
        var restored = File.ReadAllText(Path.Combine(_network.HubData, "ledger", "checkpoint"));
        await StartAsync();
        await Eventually.TrueAsync("stopped", Patience, async () => (await LogAsync()).Phase == "Stopped");
        var status = await _network.AdminAsync("ledger", "status");
        Assert.True(status.Code == 1 && status.Out.Contains("restored backup", StringComparison.Ordinal), status.ToString());
        await OpenAccountsAsync(1); // the hub itself works
        Assert.Equal(restored, (await CheckpointAsync()).ToString());
        await StopAsync();

        // The operator's way out (docs/runbooks/ledger.md).
        var last = Path.Combine(_network.Directory, "last-checkpoint");
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(NoteKey.Parse(oldKey).Value.Name)));
        await File.WriteAllBytesAsync(last, await _http.GetByteArrayAsync(new Uri(_witnesses[1].Url, $"{id}/checkpoint")));
        var begun = await HubAsync("ledger", "succeed", "--data", _network.HubData, "--checkpoint", last, "--old-key", oldKey);
        Assert.True(begun.Code == 0, begun.ToString());
        foreach (var witness in _witnesses)
            await witness.StopAsync();
        for (var i = 0; i < _witnesses.Count; i++)
        {
            var accepted = await OutsideProcess.RunAsync(_network.Accounts, "witness", "succeed", "--state", StateOf($"w{i + 1}"), Path.Combine(_network.HubData, "ledger"));
            Assert.True(accepted.Code == 0, accepted.ToString());
            _witnesses[i] = await RunWitnessAsync($"w{i + 1}", _witnesses[i].Url.ToString().TrimEnd('/'));
        }

        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        Assert.NotEqual(oldKey, (await LogAsync()).Keys.Single());
        Assert.Equal(2, (await CheckpointAsync()).Signatures.Count(s => s.Name.EndsWith(".test/w", StringComparison.Ordinal)));
        await AuditAsync(0, "The journal is what was sealed.");
    }

    [Fact]
    public async Task A_new_log_key_and_another_logs_checkpoint_go_into_the_log_and_followers_learn_the_key()
    {
        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        await FollowAsync(0);
        var old = (await LogAsync()).Keys.Single();
        Assert.Contains("new key", await _network.PbmAsync("ledger", "rotate-key", "-days", "1"), StringComparison.Ordinal);
        Assert.Equal(1, (await _network.AdminAsync("ledger", "rotate-key")).Code); // one at a time
        Assert.Equal(2, (await _network.AdminAsync("ledger", "rotate-key", "-days", "0")).Code);
        await Eventually.TrueAsync("both keys sign", Patience, async () => (await CheckpointAsync()).Signatures.Count == 2);
        await FollowAsync(0);

        var foreign = Path.Combine(_network.Directory, "foreign");
        using (var key = Shared.Crypto.SigningKeyPair.Generate())
            await File.WriteAllTextAsync(foreign, SignedNote.Sign(new Checkpoint("other.test/log", 0, MerkleHash.EmptyRoot).ToString(), "other.test/log", key).ToString());
        await _network.PbmAsync("ledger", "anchor", "-file", foreign);
        await File.WriteAllTextAsync(foreign, "not a note");
        Assert.Equal(1, (await _network.AdminAsync("ledger", "anchor", "-file", foreign)).Code);
        await CoveredAsync();
        await FollowAsync(0);
        await StopAsync();
        await StartAsync(); // both keys are found again
        var keys = (await LogAsync()).Keys;
        Assert.Equal((2, old), (keys.Count, keys[1]));
        await AuditAsync(0, "The journal is what was sealed.");
    }

    [Fact]
    public async Task A_lost_hub_comes_back_from_a_mirror_and_the_keys_that_were_kept_elsewhere()
    {
        await StartAsync();
        var made = await _network.CliAsync("ann", ["account", "create", "--hub", _network.HubUrl.ToString(), "--name", "ann"]);
        Assert.True(made.Code == 0, made.ToString());
        await _network.PbmAsync("accounts", "grant", "-account", "ann", "-amount", "42");
        await CoveredAsync();
        var key = (await LogAsync()).Keys.Single();
        var (mirror, safe) = (Path.Combine(_network.Directory, "mirror"), Path.Combine(_network.Directory, "safe"));
        var mirrored = await OutsideProcess.RunAsync(_network.Accounts, "mirror", new Uri(_network.HubUrl, "ledger").ToString(), mirror, "--once", "--key", key);
        Assert.True(mirrored.Code == 0, mirrored.ToString());
        Directory.CreateDirectory(safe);
        Assert.Equal(0, (await HubAsync("ledger", "export-keys", "--data", _network.HubData, "--out", Path.Combine(safe, "entity-keys"))).Code);
        foreach (var file in (string[])["vault.master", "vault.key"])
            File.Copy(Path.Combine(_network.HubData, file), Path.Combine(safe, file));
        Copy(Path.Combine(_network.HubData, "ca"), Path.Combine(safe, "ca"));
        await _network.Hub.KillAsync();
        Directory.Delete(_network.HubData, recursive: true);

        Copy(safe, _network.HubData);
        var rebuilt = await HubAsync("ledger", "rebuild", "--data", _network.HubData, "--mirror", mirror, "--keys", Path.Combine(safe, "entity-keys"), "--log-key", key);
        Assert.True(rebuilt.Code == 0 && rebuilt.Out.StartsWith("3 events", StringComparison.Ordinal), rebuilt.ToString());
        var begun = await HubAsync("ledger", "succeed", "--data", _network.HubData, "--checkpoint", Path.Combine(mirror, "checkpoint"), "--old-key", key);
        Assert.True(begun.Code == 0, begun.ToString());
        await StartAsync();
        var shown = await _network.CliAsync("ann", ["account", "show", "--json"]);
        Assert.True(shown.Code == 0 && shown.Out.Contains("42000000", StringComparison.Ordinal), shown.ToString());
        await CoveredAsync();
        await AuditAsync(0, "The journal is what was sealed.");
    }

    [Fact]
    public async Task A_receipt_verifies_offline_and_an_edited_journal_is_found()
    {
        await StartAsync();
        var made = await _network.CliAsync("ann", ["account", "create", "--hub", _network.HubUrl.ToString(), "--name", "ann"]);
        Assert.True(made.Code == 0, made.ToString());
        await CoveredAsync();
        var key = (await LogAsync()).Keys.Single();
        var fetched = await _network.CliAsync("ann", ["account", "receipt", "1", "--out", "opened.json"]);
        Assert.True(fetched.Code == 0, fetched.ToString());
        await StopAsync();
        var verified = await _network.CliAsync("ann", ["ledger", "verify", "opened.json", "--key", key]);
        Assert.True(verified.Code == 0, verified.ToString());
        var file = Path.Combine(_network.Directory, "opened.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("account.opened.1", "account.closed.1", StringComparison.Ordinal));
        Assert.Equal(5, (await _network.CliAsync("ann", ["ledger", "verify", "opened.json", "--key", key])).Code);

        await AuditAsync(0, "The journal is what was sealed.");
        var mirrored = await OutsideProcess.RunAsync(_network.Accounts, "mirror", Path.Combine(_network.HubData, "ledger"), Path.Combine(_network.Directory, "mirror"), "--once", "--key", key);
        Assert.True(mirrored.Code == 0, mirrored.ToString());
        Assert.Equal(0, (await HubAsync("ledger", "fsck", Path.Combine(_network.Directory, "mirror"))).Code);
    }

    private async Task StartAsync() => await _network.StartHubAsync(null, _hubArguments);

    private async Task StopAsync() => Assert.True(await _network.Hub.StopAsync(Patience), _network.Hub.Tail);

    private async Task OpenAccountsAsync(int count)
    {
        for (var i = 0; i < count; i++)
            using (await TestUser.OpenAsync(_network, $"user{_users++}", "user"))
            {
                // an account is two events
            }
    }

    private async Task TryOpenAccountAsync()
    {
        try
        {
            await OpenAccountsAsync(1);
        }
        catch (InvalidOperationException)
        {
            // the hub died before it answered: that is what is waited for
        }
    }

    /// <summary>Waits until a published block covers every row that is in the journal now.</summary>
    private async Task CoveredAsync()
    {
        var audit = await HubAsync("ledger", "audit", "--data", _network.HubData);
        await Eventually.TrueAsync($"everything published ({audit.Out})", Patience, async () =>
        {
            audit = await HubAsync("ledger", "audit", "--data", _network.HubData);
            var log = await LogAsync();
            return audit.Out.Contains("; 0 rows wait", StringComparison.Ordinal) && audit.Out.Contains(string.Create(CultureInfo.InvariantCulture, $"{log.Size} entries in"), StringComparison.Ordinal);
        });
    }

    private async Task<RxRun> FollowAsync(int code)
    {
        var run = await OutsideProcess.RunAsync(_network.Accounts, "ledger", "follow", "--once", "--url", new Uri(_network.HubUrl, "ledger").ToString());
        Assert.True(run.Code == code, run.ToString());
        return run;
    }

    private async Task AuditAsync(int code, string says)
    {
        var audit = await HubAsync("ledger", "audit", "--data", _network.HubData);
        Assert.True(audit.Code == code && audit.Out.Contains(says, StringComparison.Ordinal), audit.ToString());
    }

    private static Task<RxRun> HubAsync(params string[] arguments) => RxProcess.RunAsync("Rxelon.Hub", "rxelon-hub.dll", arguments, Patience);

    private async Task<LogInfo> LogAsync()
        => (LogInfo)JsonSerializer.Deserialize(await _http.GetByteArrayAsync(new Uri(_network.HubUrl, "ledger/log.json")), ApiJson.Default.GetTypeInfo(typeof(LogInfo))!)!;

    private async Task<SignedNote> CheckpointAsync() => SignedNote.Parse(await _http.GetByteArrayAsync(new Uri(_network.HubUrl, "ledger/checkpoint"))).Value;

    private string StateOf(string witness) => Path.Combine(_network.Directory, witness);

    private async Task<OutsideProcess> RunWitnessAsync(string name, string listen)
        => await OutsideProcess.StartAsync(_network.Accounts, "witness", "run", "--state", StateOf(name), "--listen", listen);

    private async Task<string> WitnessedByAsync(string logKey, params string[] names)
    {
        var policy = new StringBuilder();
        foreach (var name in names)
        {
            var made = await OutsideProcess.RunAsync(_network.Accounts, "witness", "init", "--state", StateOf(name), "--name", $"{name}.test/w");
            Assert.True(made.Code == 0, made.ToString());
            var added = await OutsideProcess.RunAsync(_network.Accounts, "witness", "add-log", "--state", StateOf(name), logKey);
            Assert.True(added.Code == 0, added.ToString());
            _witnesses.Add(await RunWitnessAsync(name, "http://127.0.0.1:0"));
            policy.Append(CultureInfo.InvariantCulture, $"witness {name} {made.Out.Trim()["witness ".Length..]} {_witnesses[^1].Url}\n");
        }

        policy.Append(CultureInfo.InvariantCulture, $"group g all {string.Join(' ', names)}\nquorum g\n");
        var file = Path.Combine(_network.Directory, "witnesses.policy");
        await File.WriteAllTextAsync(file, policy.ToString());
        return file;
    }

    private string Backup()
    {
        var backup = Path.Combine(_network.Directory, "backup");
        Copy(_network.HubData, backup);
        return backup;
    }

    private void Restore(string backup)
    {
        Directory.Delete(_network.HubData, recursive: true);
        Copy(backup, _network.HubData);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, File.GetUnixFileMode(from));
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)), File.GetUnixFileMode(folder));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
