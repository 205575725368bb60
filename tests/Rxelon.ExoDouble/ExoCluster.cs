using System.Text.Json.Nodes;

namespace Rxelon.ExoDouble;

/// <summary>
/// The cluster's state as one JSON document, and what changes it: placements whose runners climb their ladder, members that come and
/// go, a master that forgets everything. Thread-safe.
/// </summary>
public sealed class ExoCluster : IAsyncDisposable
{
    private static readonly string[] Maps = ["nodeMemory", "nodeDisk", "nodeSystem", "nodeNetwork", "nodeThunderbolt", "nodeThunderboltBridge", "nodeRdmaCtl", "lastSeen"];
    private static readonly string[] OnlyMain = ["nodeBackends", "instanceLinks", "prefillServerPorts", "customModelCards"];

    private readonly Lock _lock = new();
    private readonly ExoScript _script;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<Task> _underWay = [];
    private readonly JsonObject _sample = Golden.Parse("state.json");
    private JsonObject _state;

    internal ExoCluster(ExoScript script, bool isEmpty, bool isLoaded)
    {
        _script = script;
        _state = isEmpty ? Fresh() : _sample.DeepClone().AsObject();
        if (!isLoaded)
            (_state["instances"], _state["runners"]) = (new JsonObject(), new JsonObject());
    }

    /// <summary>Grows with every new master.</summary>
    public int Epoch { get; private set; }

    public IReadOnlyList<string> Instances => Ask(s => s["instances"]!.AsObject().Select(i => i.Key).ToList());

    internal IReadOnlyList<string> Members => Ask(s => s["topology"]!["nodes"]!.AsArray().Select(n => (string)n!).ToList());

    /// <summary>A member dies: its maps go, what EXO never removes stays, its instances vanish one step later.</summary>
    public async Task LoseMemberAsync(string id)
    {
        Change(s =>
        {
            var nodes = s["topology"]!["nodes"]!.AsArray();
            nodes.Remove(nodes.Single(n => (string)n! == id));
            var connections = s["topology"]!["connections"]!.AsObject();
            connections.Remove(id);
            foreach (var edges in connections)
                edges.Value!.AsObject().Remove(id);
            foreach (var map in Maps)
                s[map]!.AsObject().Remove(id);
        });
        await Task.Delay(_script.PlaceDelay, _ended.Token).ConfigureAwait(false);
        foreach (var instance in Ask(s => s["instances"]!.AsObject().Where(i => Uses(i.Value!, id)).Select(i => i.Key).ToList()))
            Remove(instance);
    }

    /// <summary>A member of that name joins, under a new id as after every start.</summary>
    public string Join(string friendlyName, long memory, long available)
    {
        var id = Guid.NewGuid().ToString("N");
        Change(s =>
        {
            s["topology"]!["nodes"]!.AsArray().Add(id);
            s["nodeMemory"]![id] = new JsonObject
            {
                ["ramTotal"] = Bytes(memory),
                ["ramAvailable"] = Bytes(available),
                ["swapTotal"] = Bytes(0),
                ["swapAvailable"] = Bytes(0),
            };
            s["nodeIdentities"]![id] = new JsonObject
            {
                ["modelId"] = "Mac mini",
                ["chipId"] = "Apple M4 Pro",
                ["friendlyName"] = friendlyName,
                ["osVersion"] = "26.2",
                ["osBuildVersion"] = "25C56",
            };
            s["nodeBackends"]![id] = new JsonArray("MlxCpu", "MlxMetal");
        });
        return id;
    }

    /// <summary>A new master takes over: everything is forgotten, and open streams hang.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Epoch++;
            _state = Fresh();
        }
    }

    /// <summary>The members report again after a reset: all but instances, runners and tasks is as in the sample.</summary>
    public void Recover() => Change(s =>
    {
        foreach (var (name, value) in _sample.Where(m => m.Key is not ("instances" or "runners" or "tasks" or "lastEventAppliedIdx")).ToList())
            s[name] = value?.DeepClone();
    });

    public void Remove(string instance) => Change(s =>
    {
        if (s["instances"]![instance] is not { } gone)
            return;
        foreach (var runner in Runners(gone))
            s["runners"]!.AsObject().Remove(runner);
        s["instances"]!.AsObject().Remove(instance);
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        Task[] tasks;
        lock (_lock)
            tasks = [.. _underWay];
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    /// <summary>The document, or a part of it by path segments; null when there is none.</summary>
    internal string? Render(params string[] path) => Ask(s =>
    {
        JsonNode? at = Released(s);
        foreach (var step in path)
        {
            at = at switch
            {
                JsonObject o when o.ContainsKey(step) => o[step],
                JsonArray a when int.TryParse(step, out var index) && index < a.Count => a[index],
                _ => null,
            };
            if (at is null)
                return null;
        }

        return Golden.Write(at);
    });

    internal string? InstanceOf(string model) => Ask(s => s["instances"]!.AsObject().Where(i => ModelOf(i.Value!) == model).Select(i => i.Key).FirstOrDefault());

    internal bool Has(string instance) => Ask(s => s["instances"]!.AsObject().ContainsKey(instance));

    internal bool IsReady(string instance) => Ask(s => s["instances"]![instance] is { } found
        && Runners(found).All(r => s["runners"]![r]?.AsObject().First().Key is "RunnerReady" or "RunnerRunning"));

    internal long Free(string member) => Ask(s => (long?)s["nodeMemory"]![member]?["ramAvailable"]?["inBytes"] ?? 0);

    /// <summary>Accepts an instance; it appears and becomes ready in its own time.</summary>
    internal void Place(JsonObject instance)
    {
        if (_script.SwallowPlacements)
            return;
        lock (_lock)
            _underWay.Add(ClimbAsync(instance.DeepClone().AsObject(), Epoch));
    }

    internal static string? ModelOf(JsonNode instance) => (string?)instance.AsObject().First().Value!["shardAssignments"]?["modelId"];

    private static IEnumerable<string> Runners(JsonNode instance)
        => instance.AsObject().First().Value!["shardAssignments"]!["runnerToShard"]!.AsObject().Select(r => r.Key).ToList();

    private static bool Uses(JsonNode instance, string member)
        => instance.AsObject().First().Value!["shardAssignments"]!["nodeToRunner"]!.AsObject().ContainsKey(member);

    private static JsonObject Bytes(long bytes) => new() { ["inBytes"] = bytes };

    private async Task ClimbAsync(JsonObject instance, int epoch)
    {
        var id = (string)instance.First().Value!["instanceId"]!;
        var runners = Runners(instance).ToList();
        var fails = _script.FailingPlacements > 0;
        if (fails)
            _script.FailingPlacements--;
        await Task.Delay(_script.PlaceDelay, _ended.Token).ConfigureAwait(false);
        if (Epoch != epoch)
            return;
        Change(s => s["instances"]![id] = instance);
        string[] ladder = ["RunnerIdle", "RunnerConnecting", "RunnerConnected", "RunnerLoading", "RunnerLoaded", "RunnerWarmingUp", "RunnerReady"];
        foreach (var step in ladder.Where(l => runners.Count > 1 || l is not ("RunnerConnecting" or "RunnerConnected")))
        {
            var failed = fails && step == "RunnerLoaded";
            Change(s =>
            {
                foreach (var runner in runners.Where(_ => s["instances"]!.AsObject().ContainsKey(id)))
                    s["runners"]![runner] = failed ? Failed() : Status(step);
            });
            if (failed)
                return;
            await Task.Delay(_script.RunnerDelay, _ended.Token).ConfigureAwait(false);
            if (Epoch != epoch || !Has(id))
                return;
        }
    }

    private static JsonObject Status(string step) => new()
    {
        [step] = step switch
        {
            "RunnerLoading" => new JsonObject { ["layersLoaded"] = 8, ["totalLayers"] = 16 },
            "RunnerReady" => new JsonObject { ["prefillServerPort"] = null },
            _ => new JsonObject(),
        },
    };

    private static JsonObject Failed() => new()
    {
        ["RunnerFailed"] = new JsonObject { ["errorMessage"] = "Terminated (signal=9 (Killed))", ["diagnostics"] = new JsonArray() },
    };

    private JsonObject Fresh()
    {
        var fresh = new JsonObject();
        foreach (var (name, value) in _sample)
        {
            fresh[name] = name switch
            {
                "topology" => new JsonObject { ["nodes"] = new JsonArray(), ["connections"] = new JsonObject() },
                "lastEventAppliedIdx" => -1,
                _ => value is JsonArray ? new JsonArray() : new JsonObject(),
            };
        }

        return fresh;
    }

    // What the played release shows of the document.
    private JsonObject Released(JsonObject state)
    {
        if (_script is { Release: ExoRelease.Main, DownloadEntries: 1 })
            return state;
        var shown = state.DeepClone().AsObject();
        foreach (var downloads in shown["downloads"]!.AsObject().Select(d => d.Value!.AsArray()).Where(d => d.Count > 0))
        {
            for (var i = downloads.Count; i < _script.DownloadEntries; i++)
                downloads.Add(downloads[0]!.DeepClone());
        }

        return _script.Release == ExoRelease.Main ? shown : Older(shown).AsObject();
    }

    internal static JsonNode Older(JsonNode json)
    {
        if (json is JsonObject fields)
        {
            foreach (var name in (string[])[.. OnlyMain, "backends", "reasoningDialect", "prefillServerPort", "diagnostics"])
                fields.Remove(name);
        }

        foreach (var child in json is JsonObject o ? o.Select(f => f.Value).ToList() : json is JsonArray a ? [.. a] : [])
        {
            if (child is JsonObject or JsonArray)
                Older(child);
        }

        return json;
    }

    private T Ask<T>(Func<JsonObject, T> question)
    {
        lock (_lock)
            return question(_state);
    }

    private void Change(Action<JsonObject> change)
    {
        lock (_lock)
        {
            change(_state);
            _state["lastEventAppliedIdx"] = (int)_state["lastEventAppliedIdx"]! + 1;
        }
    }
}
