using System.Text.Json;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.System.Tests.Networks;

/// <summary>
/// A hub, two nodes, an operator and a user with tokens, all through the product's own commands. Containers run when
/// <c>RXELON_TEST_DOCKER</c> names an engine, virtual machines when <c>RXELON_TEST_VM</c> names an image.
/// </summary>
public class RunningNetwork : IAsyncLifetime
{
    internal const string User = "user";
    internal const string Operator = "operator";
    internal const int Granted = 1_000;
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public TestNetwork Network { get; } = new();

    public AccountId UserId { get; private set; }

    public AccountId OperatorId { get; private set; }

    /// <summary>The nodes' state directories and processes.</summary>
    public List<(string State, RxProcess Process)> Nodes { get; } = [];

    internal HubClient Hub { get; private set; } = null!;

    internal AccountKeys Keys { get; private set; } = null!;

    /// <summary>What nodes are started with.</summary>
    protected virtual IReadOnlyList<string> NodeArguments
        => BusyboxImage.Engine is { } engine
            ? ["--executors", $"wasm,docker{Machines}", "--docker", engine, "--take-images", "--vm-images", VmImages, .. Common]
            : ["--executors", $"wasm{Machines}", "--vm-images", VmImages, .. Common];

    /// <summary>What the hub is started with, besides its ports and data directory.</summary>
    protected virtual string[] HubArguments => [];

    /// <summary>Environment variables of the hub.</summary>
    protected virtual IReadOnlyDictionary<string, string>? HubEnvironment => null;

    private static string Machines => VmImageFolder.Given is null ? "" : ",vm";

    private string VmImages => Path.Combine(Network.Directory, "vm-images");

    private static string[] Common => ["--slots", "2", "--allow-swap"];

    public virtual async Task InitializeAsync()
    {
        await Network.StartHubAsync(HubEnvironment, HubArguments);
        OperatorId = await OpenAccountAsync(Operator, "--operator");
        UserId = await OpenAccountAsync(User);
        await Network.PbmAsync("accounts", "grant", "-account", UserId.ToString(), "-amount", $"{Granted}");
        (Hub, Keys) = LogIn(User);
        if (VmImageFolder.Given is { } image)
        {
            var added = await Network.NodeAsync(["vm-image", "add", image, "--vm-images", VmImages]);
            Assert.True(added.Code == 0, added.ToString());
        }

        await StartNodesAsync();
        await NodesOnlineAsync(Nodes.Count);
    }

    /// <summary>Joins and starts the nodes.</summary>
    protected virtual async Task StartNodesAsync()
    {
        foreach (var name in (string[])["node1", "node2"])
        {
            var state = await Network.JoinNodeAsync(name, OperatorId.ToString());
            Nodes.Add((state, RunNode(state)));
        }
    }

    public virtual async Task DisposeAsync()
    {
        Hub?.Dispose();
        Keys?.Dispose();
        await Network.DisposeAsync();
    }

    /// <summary>Starts the hub again on its data and ports.</summary>
    internal Task RestartHubAsync() => Network.StartHubAsync(HubEnvironment, HubArguments);

    internal virtual RxProcess RunNode(string state) => Network.RunNode(state, null, [.. NodeArguments]);

    internal async Task<AccountId> OpenAccountAsync(string profile, params string[] more)
    {
        var made = await CliAsync(profile, ["account", "create", "--hub", Network.HubUrl.ToString(), "--name", profile, "--json", .. more]);
        Assert.True(made.Code == 0, made.ToString());
        using var json = JsonDocument.Parse(made.Out);
        return AccountId.Parse(json.RootElement.GetProperty("account").GetString()!);
    }

    /// <summary>The account of a profile, through the SDK.</summary>
    internal (HubClient Hub, AccountKeys Keys) LogIn(string profile)
    {
        var file = new ProfileStore(Network.Accounts).Load(profile).Value;
        var keys = file.Unlock(null).Value;
        return (new HubClient(HubAddress.Parse(file.Hub).Value, keys.ApiKey, TimeProvider.System), keys);
    }

    internal Task<RxRun> CliAsync(string profile, params string[] arguments) => Network.CliAsync(profile, arguments);

    /// <summary>Runs a task as the user and gives the command's JSON report; fails the test when the command fails.</summary>
    internal async Task<JsonElement> TaskAsync(params string[] arguments)
    {
        var run = await CliAsync(User, ["--json", .. arguments]);
        Assert.True(run.Code == 0, $"rxelon {string.Join(' ', arguments)}: {run}");
        using var json = JsonDocument.Parse(run.Out);
        return json.RootElement.Clone();
    }

    internal async Task NodesOnlineAsync(int count)
    {
        try
        {
            await Eventually.TrueAsync(
                $"{count} nodes online", Patience, async () => (await Hub.NodesAsync()) is { IsOk: true } n && n.Value.Count(x => x.Online) >= count);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Logs}", e);
        }
    }

    internal async Task<TaskResponse> SeeTaskAsync(TaskId task, string what, Func<TaskResponse, bool> seen)
        => await Eventually.SeeAsync($"{task} {what}", Patience, async () => (await Hub.TaskAsync(task)) is { IsOk: true } t && seen(t.Value) ? t.Value : null);

    /// <summary>Every token there is, once nothing moves any more.</summary>
    internal async Task<(Tokens User, Tokens Operator, Tokens Treasury)> BalancesAtRestAsync()
    {
        await Eventually.TrueAsync("no money on its way", Patience, async () =>
            (await Hub.AccountAsync()).Value is { } a && a.Held == Tokens.Zero && a.Owed == Tokens.Zero && a.InTransit == Tokens.Zero);
        return (await AvailableAsync(UserId.ToString()), await AvailableAsync(OperatorId.ToString()), await AvailableAsync("treasury"));
    }

    internal async Task<Tokens> AvailableAsync(string account)
    {
        var shown = await Network.PbmAsync("accounts", "show", "-account", account);
        var line = shown.Split('\n').Single(l => l.StartsWith("available", StringComparison.Ordinal));
        return Tokens.TryParse(line["available".Length..].Trim(), out var amount) ? amount : throw new InvalidDataException(line);
    }

    /// <summary>What the processes said of late.</summary>
    private string Logs => string.Join("\n", Nodes.Select(n => n.Process).Prepend(Network.Hub).Select(p => $"--- {p.Id}\n{p.Tail}"));

    /// <summary>Fails when the hub or a node died.</summary>
    internal void AssertUp()
    {
        Assert.False(Network.Hub.HasExited, $"The hub ended:\n{Network.Hub.Output}");
        foreach (var (state, process) in Nodes)
            Assert.False(process.HasExited, $"The node of {Path.GetFileName(state)} ended:\n{process.Output}");
    }
}

/// <summary>One network for classes that leave it as they found it.</summary>
[CollectionDefinition(Name)]
public sealed class SharedNetwork : ICollectionFixture<RunningNetwork>
{
    public const string Name = "network";
}
