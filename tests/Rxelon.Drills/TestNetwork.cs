using System.Text.Json;

namespace Rxelon.Drills;

/// <summary>A hub and nodes as real processes in one temporary directory. Every process is killed and the directory removed at the end.</summary>
public sealed class TestNetwork : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<RxProcess> _started = [];
    private RxProcess? _hub;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("rxelon-sys-").FullName;

    public string HubData => Path.Combine(Directory, "hub");

    public RxProcess Hub => _hub ?? throw new InvalidOperationException("The hub was not started.");

    public Uri HubUrl { get; private set; } = new("http://127.0.0.1:1");

    public int EdgePort { get; private set; }

    /// <summary>Starts the hub, or starts it again on the same data and the same ports.</summary>
    public async Task StartHubAsync(IReadOnlyDictionary<string, string>? environment = null, params string[] more)
    {
        var ready = Path.Combine(HubData, "hub.json");
        _hub = Track(RxProcess.Start(
            "Rxelon.Hub", "rxelon-hub.dll",
            ["run", "--data", HubData, "--http", $"http://127.0.0.1:{(EdgePort == 0 ? 0 : HubUrl.Port)}", "--edge", $"127.0.0.1:{EdgePort}", .. more],
            environment));
        await Eventually.TrueAsync($"the hub ready\n{Hub.Output}", Patience, () => Task.FromResult(ReadReady(ready)));
    }

    public async Task<string> PbmAsync(params string[] arguments)
    {
        await using var pbm = RxProcess.Start("Rxelon.Pbm", "rxelon-pbm.dll", ["--data", HubData, .. arguments]);
        var code = await pbm.WaitForExitAsync(Patience);
        return code == 0 ? pbm.Output : throw new InvalidOperationException($"rxelon-pbm {string.Join(' ', arguments)} ended with {code}:\n{pbm.Output}");
    }

    /// <summary>Joins with a fresh token of that operator; the node's state directory is returned.</summary>
    public async Task<string> JoinNodeAsync(string name, string operatorAccount)
    {
        var answer = await PbmAsync("nodes", "token", "-account", operatorAccount);
        var token = answer.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Single(w => w.StartsWith("rxj_", StringComparison.Ordinal));
        var state = Path.Combine(Directory, name);
        await using var join = RxProcess.Start("Rxelon.Node", "rxelon-node.dll", ["join", HubUrl.ToString(), token, "--name", name, "--state", state]);
        var code = await join.WaitForExitAsync(Patience);
        return code == 0 ? state : throw new InvalidOperationException($"join ended with {code}:\n{join.Output}");
    }

    public RxProcess RunNode(string state, IReadOnlyDictionary<string, string>? environment = null, params string[] more)
        => Track(RxProcess.Start("Rxelon.Node", "rxelon-node.dll", ["run", "--state", state, .. more], environment));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
            await process.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private RxProcess Track(RxProcess process)
    {
        _started.Add(process);
        return process;
    }

    private bool ReadReady(string file)
    {
        if (Hub.HasExited)
            throw new InvalidDataException($"The hub ended:\n{Hub.Output}");
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
