using System.Security.Cryptography;
using System.Text;
using Rxelon.Drills;
using Rxelon.Shared.Ledger;

namespace Rxelon.System.Tests.Ledger;

/// <summary>A real hub's ledger, killed, rolled back and witnessed by real processes.</summary>
public sealed class HubLedgerSpecs : LedgerNetwork
{
    [Fact]
    public async Task Killed_between_any_two_steps_of_sealing_the_log_goes_on_as_if_nothing_had_happened()
    {
        await StartAsync();
        foreach (var step in (string[])["committed", "tiled", "signed", "witnessed", "recorded", "published"])
        {
            await OpenAccountsAsync(1);
            await CoveredAsync();
            await FollowAsync(0);
            await Network.Hub.KillAsync();
            await Network.TryStartHubAsync(new Dictionary<string, string> { ["RXELON_FAILPOINT"] = $"hub.seal.{step}@1" }, HubArguments);
            await Eventually.TrueAsync($"dead at {step}", Patience, async () =>
            {
                if (!Network.Hub.HasExited)
                    await TryOpenAccountAsync();
                return Network.Hub.HasExited;
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
        var evidence = Directory.GetDirectories(Path.Combine(Network.Accounts, "ledgers"), "evidence", SearchOption.AllDirectories);
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
        HubArguments = ["--set", $"LedgerPolicy={policy}"];
        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        Assert.Equal(2, (await CheckpointAsync()).Signatures.Count(s => s.Name.EndsWith(".test/w", StringComparison.Ordinal)));

        // A silent witness holds publication up, and nothing else.
        var address = Witnesses[0].Url;
        await Witnesses[0].KillAsync();
        await OpenAccountsAsync(1);
        await Eventually.TrueAsync("waiting for the quorum", Patience, async () => (await LogAsync()).Trouble?.Contains("quorum", StringComparison.Ordinal) == true);
        var pending = await Network.PbmAsync("ledger", "status");
        Assert.Contains("not-yet", pending, StringComparison.Ordinal);
        Witnesses[0] = await RunWitnessAsync("w1", address.ToString().TrimEnd('/'));
        await CoveredAsync();
        await StopAsync();
        var backup = Backup();
        await StartAsync();
        await OpenAccountsAsync(1);
        await CoveredAsync();
        await StopAsync();

        Restore(backup);
        var restored = File.ReadAllText(Path.Combine(Network.HubData, "ledger", "checkpoint"));
        await StartAsync();
        await Eventually.TrueAsync("stopped", Patience, async () => (await LogAsync()).Phase == "Stopped");
        var status = await Network.AdminAsync("ledger", "status");
        Assert.True(status.Code == 1 && status.Out.Contains("restored backup", StringComparison.Ordinal), status.ToString());
        await OpenAccountsAsync(1); // the hub itself works
        Assert.Equal(restored, (await CheckpointAsync()).ToString());
        await StopAsync();

        // The operator's way out (docs/runbooks/ledger.md).
        var last = Path.Combine(Network.Directory, "last-checkpoint");
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(NoteKey.Parse(oldKey).Value.Name)));
        await File.WriteAllBytesAsync(last, await Http.GetByteArrayAsync(new Uri(Witnesses[1].Url, $"{id}/checkpoint")));
        var begun = await HubAsync("ledger", "succeed", "--data", Network.HubData, "--checkpoint", last, "--old-key", oldKey);
        Assert.True(begun.Code == 0, begun.ToString());
        foreach (var witness in Witnesses)
            await witness.StopAsync();
        for (var i = 0; i < Witnesses.Count; i++)
        {
            var accepted = await OutsideProcess.RunAsync(Network.Accounts, "witness", "succeed", "--state", StateOf($"w{i + 1}"), Path.Combine(Network.HubData, "ledger"));
            Assert.True(accepted.Code == 0, accepted.ToString());
            Witnesses[i] = await RunWitnessAsync($"w{i + 1}", Witnesses[i].Url.ToString().TrimEnd('/'));
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
        Assert.Contains("new key", await Network.PbmAsync("ledger", "rotate-key", "-days", "1"), StringComparison.Ordinal);
        Assert.Equal(1, (await Network.AdminAsync("ledger", "rotate-key")).Code); // one at a time
        Assert.Equal(2, (await Network.AdminAsync("ledger", "rotate-key", "-days", "0")).Code);
        await Eventually.TrueAsync("both keys sign", Patience, async () => (await CheckpointAsync()).Signatures.Count == 2);
        await FollowAsync(0);

        var foreign = Path.Combine(Network.Directory, "foreign");
        using (var key = Shared.Crypto.SigningKeyPair.Generate())
            await File.WriteAllTextAsync(foreign, SignedNote.Sign(new Checkpoint("other.test/log", 0, MerkleHash.EmptyRoot).ToString(), "other.test/log", key).ToString());
        await Network.PbmAsync("ledger", "anchor", "-file", foreign);
        await File.WriteAllTextAsync(foreign, "not a note");
        Assert.Equal(1, (await Network.AdminAsync("ledger", "anchor", "-file", foreign)).Code);
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
        var made = await Network.CliAsync("ann", ["account", "create", "--hub", Network.HubUrl.ToString(), "--name", "ann"]);
        Assert.True(made.Code == 0, made.ToString());
        await Network.PbmAsync("accounts", "grant", "-account", "ann", "-amount", "42");
        await CoveredAsync();
        var key = (await LogAsync()).Keys.Single();
        var (mirror, safe) = (Path.Combine(Network.Directory, "mirror"), Path.Combine(Network.Directory, "safe"));
        var mirrored = await OutsideProcess.RunAsync(Network.Accounts, "mirror", new Uri(Network.HubUrl, "ledger").ToString(), mirror, "--once", "--key", key);
        Assert.True(mirrored.Code == 0, mirrored.ToString());
        Directory.CreateDirectory(safe);
        Assert.Equal(0, (await HubAsync("ledger", "export-keys", "--data", Network.HubData, "--out", Path.Combine(safe, "entity-keys"))).Code);
        foreach (var file in (string[])["vault.master", "vault.key"])
            File.Copy(Path.Combine(Network.HubData, file), Path.Combine(safe, file));
        Copy(Path.Combine(Network.HubData, "ca"), Path.Combine(safe, "ca"));
        await Network.Hub.KillAsync();
        Directory.Delete(Network.HubData, recursive: true);

        Copy(safe, Network.HubData);
        var rebuilt = await HubAsync("ledger", "rebuild", "--data", Network.HubData, "--mirror", mirror, "--keys", Path.Combine(safe, "entity-keys"), "--log-key", key);
        Assert.True(rebuilt.Code == 0 && rebuilt.Out.StartsWith("3 events", StringComparison.Ordinal), rebuilt.ToString());
        var begun = await HubAsync("ledger", "succeed", "--data", Network.HubData, "--checkpoint", Path.Combine(mirror, "checkpoint"), "--old-key", key);
        Assert.True(begun.Code == 0, begun.ToString());
        await StartAsync();
        var shown = await Network.CliAsync("ann", ["account", "show", "--json"]);
        Assert.True(shown.Code == 0 && shown.Out.Contains("42000000", StringComparison.Ordinal), shown.ToString());
        await CoveredAsync();
        await AuditAsync(0, "The journal is what was sealed.");
    }

    [Fact]
    public async Task A_receipt_verifies_offline_and_an_edited_journal_is_found()
    {
        await StartAsync();
        var made = await Network.CliAsync("ann", ["account", "create", "--hub", Network.HubUrl.ToString(), "--name", "ann"]);
        Assert.True(made.Code == 0, made.ToString());
        await CoveredAsync();
        var key = (await LogAsync()).Keys.Single();
        var fetched = await Network.CliAsync("ann", ["account", "receipt", "1", "--out", "opened.json"]);
        Assert.True(fetched.Code == 0, fetched.ToString());
        await StopAsync();
        var verified = await Network.CliAsync("ann", ["ledger", "verify", "opened.json", "--key", key]);
        Assert.True(verified.Code == 0, verified.ToString());
        var file = Path.Combine(Network.Directory, "opened.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("account.opened.1", "account.closed.1", StringComparison.Ordinal));
        Assert.Equal(5, (await Network.CliAsync("ann", ["ledger", "verify", "opened.json", "--key", key])).Code);

        await AuditAsync(0, "The journal is what was sealed.");
        var mirrored = await OutsideProcess.RunAsync(Network.Accounts, "mirror", Path.Combine(Network.HubData, "ledger"), Path.Combine(Network.Directory, "mirror"), "--once", "--key", key);
        Assert.True(mirrored.Code == 0, mirrored.ToString());
        Assert.Equal(0, (await HubAsync("ledger", "fsck", Path.Combine(Network.Directory, "mirror"))).Code);
    }
}
