using System.Globalization;
using System.Text;
using System.Text.Json;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ledger;

namespace Rxelon.System.Tests.Ledger;

/// <summary>A hub, its witnesses, and everybody who looks at its ledger, as processes of their own.</summary>
public abstract class LedgerNetwork : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private int _users;

    protected TestNetwork Network { get; } = new();

    protected HttpClient Http { get; } = new();

    private protected List<OutsideProcess> Witnesses { get; } = [];

    /// <summary>What the hub is started with, besides its ports and data directory.</summary>
    protected string[] HubArguments { get; set; } = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        Http.Dispose();
        foreach (var witness in Witnesses)
            await witness.DisposeAsync();
        await Network.DisposeAsync();
    }

    protected async Task StartAsync() => await Network.StartHubAsync(null, HubArguments);

    protected async Task StopAsync() => Assert.True(await Network.Hub.StopAsync(Patience), Network.Hub.Tail);

    protected async Task OpenAccountsAsync(int count)
    {
        for (var i = 0; i < count; i++)
            using (await TestUser.OpenAsync(Network, $"user{_users++}", "user"))
            {
                // an account is two events
            }
    }

    protected async Task TryOpenAccountAsync()
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
    protected async Task CoveredAsync()
    {
        var audit = await HubAsync("ledger", "audit", "--data", Network.HubData);
        await Eventually.TrueAsync($"everything published ({audit.Out})", Patience, async () =>
        {
            audit = await HubAsync("ledger", "audit", "--data", Network.HubData);
            var log = await LogAsync();
            return audit.Out.Contains("; 0 rows wait", StringComparison.Ordinal) && audit.Out.Contains(string.Create(CultureInfo.InvariantCulture, $"{log.Size} entries in"), StringComparison.Ordinal);
        });
    }

    protected async Task<RxRun> FollowAsync(int code)
    {
        var run = await OutsideProcess.RunAsync(Network.Accounts, "ledger", "follow", "--once", "--url", new Uri(Network.HubUrl, "ledger").ToString());
        Assert.True(run.Code == code, run.ToString());
        return run;
    }

    protected async Task AuditAsync(int code, string says)
    {
        var audit = await HubAsync("ledger", "audit", "--data", Network.HubData);
        Assert.True(audit.Code == code && audit.Out.Contains(says, StringComparison.Ordinal), audit.ToString());
    }

    protected static Task<RxRun> HubAsync(params string[] arguments) => RxProcess.RunAsync("Rxelon.Hub", "rxelon-hub.dll", arguments, Patience);

    protected async Task<LogInfo> LogAsync()
        => (LogInfo)JsonSerializer.Deserialize(await Http.GetByteArrayAsync(new Uri(Network.HubUrl, "ledger/log.json")), ApiJson.Default.GetTypeInfo(typeof(LogInfo))!)!;

    protected async Task<SignedNote> CheckpointAsync() => SignedNote.Parse(await Http.GetByteArrayAsync(new Uri(Network.HubUrl, "ledger/checkpoint"))).Value;

    protected string StateOf(string witness) => Path.Combine(Network.Directory, witness);

    private protected async Task<OutsideProcess> RunWitnessAsync(string name, string listen)
        => await OutsideProcess.StartAsync(Network.Accounts, "witness", "run", "--state", StateOf(name), "--listen", listen);

    protected async Task<string> WitnessedByAsync(string logKey, params string[] names)
    {
        var policy = new StringBuilder();
        foreach (var name in names)
        {
            var made = await OutsideProcess.RunAsync(Network.Accounts, "witness", "init", "--state", StateOf(name), "--name", $"{name}.test/w");
            Assert.True(made.Code == 0, made.ToString());
            var added = await OutsideProcess.RunAsync(Network.Accounts, "witness", "add-log", "--state", StateOf(name), logKey);
            Assert.True(added.Code == 0, added.ToString());
            Witnesses.Add(await RunWitnessAsync(name, "http://127.0.0.1:0"));
            policy.Append(CultureInfo.InvariantCulture, $"witness {name} {made.Out.Trim()["witness ".Length..]} {Witnesses[^1].Url}\n");
        }

        policy.Append(CultureInfo.InvariantCulture, $"group g all {string.Join(' ', names)}\nquorum g\n");
        var file = Path.Combine(Network.Directory, "witnesses.policy");
        await File.WriteAllTextAsync(file, policy.ToString());
        return file;
    }

    protected string Backup()
    {
        var backup = Path.Combine(Network.Directory, "backup");
        Copy(Network.HubData, backup);
        return backup;
    }

    protected void Restore(string backup)
    {
        Directory.Delete(Network.HubData, recursive: true);
        Copy(backup, Network.HubData);
    }

    protected static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to, File.GetUnixFileMode(from));
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)), File.GetUnixFileMode(folder));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
