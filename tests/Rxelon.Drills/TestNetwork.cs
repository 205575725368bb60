using System.Text.Json;

namespace Rxelon.Drills;

/// <summary>A hub and nodes as real processes in one temporary directory. Every process is killed and the directory removed at the end.</summary>
public sealed class TestNetwork : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);
    private readonly List<RxProcess> _started = [];
    private RxProcess? _hub;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("rxelon-sys-").FullName;

    /// <summary>Where the command line keeps its accounts (RXELON_HOME).</summary>
    public string Accounts => Path.Combine(Directory, "accounts");

    public string HubData => Path.Combine(Directory, "hub");

    public RxProcess Hub => _hub ?? throw new InvalidOperationException("The hub was not started.");

    public Uri HubUrl { get; private set; } = new("http://127.0.0.1:1");

    public int EdgePort { get; private set; }

    /// <summary>Starts the hub, or starts it again on the same data and the same ports.</summary>
    public async Task StartHubAsync(IReadOnlyDictionary<string, string>? environment = null, params string[] more)
    {
        if (!await TryStartHubAsync(environment, more))
            throw new InvalidDataException($"The hub ended before it was ready:\n{Hub.Output}");
    }

    /// <summary>The same; false when the hub died before it was ready, as an armed one may.</summary>
    public async Task<bool> TryStartHubAsync(IReadOnlyDictionary<string, string>? environment = null, params string[] more)
    {
        var file = Path.Combine(HubData, "hub.json");
        _hub = Track(RxProcess.Start(
            "Rxelon.Hub", "rxelon-hub.dll",
            ["run", "--data", HubData, "--http", $"http://127.0.0.1:{(EdgePort == 0 ? 0 : HubUrl.Port)}", "--edge", $"127.0.0.1:{EdgePort}", .. more],
            environment));
        var ready = false;
        await Eventually.TrueAsync("the hub ready", Patience, () => Task.FromResult((ready = ReadReady(file)) || Hub.HasExited));
        return ready || ReadReady(file);
    }

    /// <summary>The user's command line with the account of that name in this network.</summary>
    public Task<RxRun> CliAsync(string profile, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, byte[]? stdin = null, string? directory = null)
        => RxProcess.RunAsync(
            "Rxelon.Cli", "rxelon.dll", arguments, CommandPatience,
            new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["RXELON_HOME"] = Accounts, ["RXELON_PROFILE"] = profile },
            stdin, directory ?? Directory);

    /// <summary>The same as a process that goes on beside the test, which may kill it.</summary>
    public RxProcess StartCli(string profile, params string[] arguments)
        => Track(RxProcess.Start(
            "Rxelon.Cli", "rxelon.dll", arguments, new Dictionary<string, string> { ["RXELON_HOME"] = Accounts, ["RXELON_PROFILE"] = profile }));

    /// <summary>The operator's command line.</summary>
    public Task<RxRun> NodeAsync(IEnumerable<string> arguments, byte[]? stdin = null)
        => RxProcess.RunAsync("Rxelon.Node", "rxelon-node.dll", arguments, CommandPatience, null, stdin, Directory);

    /// <summary>The admin's command line, whatever it answers.</summary>
    public Task<RxRun> AdminAsync(params string[] arguments)
        => RxProcess.RunAsync("Rxelon.Pbm", "rxelon-pbm.dll", ["--data", HubData, .. arguments], Patience);

    public async Task<string> PbmAsync(params string[] arguments)
    {
        var pbm = await AdminAsync(arguments);
        return pbm.Code == 0 ? pbm.Out : throw new InvalidOperationException($"rxelon-pbm {string.Join(' ', arguments)}: {pbm}");
    }

    /// <summary>Joins with a fresh token of that operator; the node's state directory is returned.</summary>
    public async Task<string> JoinNodeAsync(string name, string operatorAccount)
    {
        var token = await TokenAsync(operatorAccount);
        var state = Path.Combine(Directory, name);
        var join = await NodeAsync(["join", HubUrl.ToString(), token, "--name", name, "--state", state]);
        return join.Code == 0 ? state : throw new InvalidOperationException($"join: {join}");
    }

    /// <summary>A fresh join token of that operator.</summary>
    public async Task<string> TokenAsync(string operatorAccount)
    {
        var answer = await PbmAsync("nodes", "token", "-account", operatorAccount);
        return answer.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Single(w => w.StartsWith("rxj_", StringComparison.Ordinal));
    }

    public RxProcess RunNode(string state, IReadOnlyDictionary<string, string>? environment = null, params string[] more)
        => Track(RxProcess.Start("Rxelon.Node", "rxelon-node.dll", ["run", "--state", state, .. more], environment));

    /// <summary>The same, from a copy of the client's folder.</summary>
    public RxProcess RunNodeFrom(string folder, string state, params string[] more)
        => Track(RxProcess.StartFile(Path.Combine(folder, "rxelon-node.dll"), ["run", "--state", state, .. more]));

    /// <summary>That very process says it is in session; the hub may still count the session of one that was just killed.</summary>
    public static bool IsUp(string state, RxProcess node)
    {
        var file = Path.Combine(state, "status.json");
        if (!File.Exists(file))
            return false;
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return json.RootElement.GetProperty("pid").GetInt32() == node.Id && json.RootElement.GetProperty("link").GetString() == "up";
    }

    public async ValueTask DisposeAsync()
    {
        // Nodes take their tmpfs away when they are asked to end; a killed one cannot.
        foreach (var process in _started)
        {
            await process.StopAsync(StopPatience);
            await process.DisposeAsync();
        }

        _started.Clear(); // a fixture that failed to start is disposed of twice
        if (!System.IO.Directory.Exists(Directory))
            return;

        await UnmountAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task UnmountAsync()
    {
        if (!File.Exists("/proc/mounts"))
            return;
        var mounts = (await File.ReadAllLinesAsync("/proc/mounts")).Select(l => l.Split(' ')[1]).Where(m => m.StartsWith(Directory + "/", StringComparison.Ordinal));
        foreach (var mount in mounts.OrderByDescending(m => m.Length))
        {
            using var umount = System.Diagnostics.Process.Start("umount", [mount]);
            await umount.WaitForExitAsync();
        }
    }

    private RxProcess Track(RxProcess process)
    {
        _started.Add(process);
        return process;
    }

    private bool ReadReady(string file)
    {
        if (!File.Exists(file))
            return false;
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var root = json.RootElement;
        if (root.GetProperty("pid").GetInt32() != Hub.Id)
            return false;
        HubUrl = new Uri(root.GetProperty("httpUrl").GetString()!);
        EdgePort = root.GetProperty("edgePort").GetInt32();
        return true;
    }
}
