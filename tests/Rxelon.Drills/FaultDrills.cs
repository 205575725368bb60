using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Drills;

/// <summary>What one drill showed.</summary>
public sealed record DrillResult(Drill Drill, bool Died, TimeSpan Recovery, TaskId Task);

/// <summary>
/// Kills real processes at the places of a plan while tasks run, starts them again, and checks after each drill that the task
/// ended exactly once, that every part was paid once, and that no money appeared or vanished.
/// </summary>
public sealed class FaultDrills : IAsyncDisposable
{
    private const int Parts = 4;
    private const string Granted = "100000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TestNetwork _network = new();
    private readonly (string State, RxProcess Process)[] _nodes = new (string, RxProcess)[2];
    private TestUser? _user;
    private TestUser? _operator;

    /// <summary>What the processes said of late, for messages.</summary>
    public string Output => string.Join(
        "\n", ((RxProcess?[])[_network.Hub, .. _nodes.Select(n => n.Process)]).OfType<RxProcess>().Select(p => $"--- {p.Id}\n{p.Tail}"));

    /// <summary>Starts a hub, two mock nodes, an operator and a user with money.</summary>
    public async Task StartAsync()
    {
        await StartHubAsync(null);
        _operator = await TestUser.OpenAsync(_network, "op", "operator");
        _user = await TestUser.OpenAsync(_network, "user", "user");
        await _network.PbmAsync("accounts", "grant", "-account", _user.Account.ToString(), "-amount", Granted);
        for (var i = 0; i < _nodes.Length; i++)
        {
            var state = await _network.JoinNodeAsync($"node{i}", _operator.Account.ToString());
            _nodes[i] = (state, StartNode(state, null));
        }

        await NodesOnlineAsync(_nodes.Length);
    }

    /// <summary>Carries out one drill and throws when anything was lost, doubled or orphaned.</summary>
    public async Task<DrillResult> RunAsync(Drill drill)
    {
        var (prepared, request) = await _user!.PrepareAsync(TestUser.MockPlan($"drill-{drill.Number}", Parts));
        await ArmAsync(drill);
        var sending = _user.SendAsync(prepared, request, Patience);
        var died = await DiedOrEndedAsync(drill, prepared.Task);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        if (died && drill.Both)
            await KillAllAsync();
        await StartWhatIsGoneAsync();
        await sending;
        var task = await EndedAsync(prepared.Task);
        watch.Stop();
        await DisarmAsync(drill, died);
        Check(drill, task);
        await CheckMoneyAsync(drill);
        return new DrillResult(drill, died, watch.Elapsed, prepared.Task);
    }

    public async ValueTask DisposeAsync()
    {
        _user?.Dispose();
        _operator?.Dispose();
        await _network.DisposeAsync();
    }

    private static Dictionary<string, string> Armed(Drill drill) => new() { ["RXELON_FAILPOINT"] = $"{drill.Place}@{drill.Count}" };

    private static void Check(Drill drill, TaskResponse task)
    {
        if (task.Summary.Phase != "Completed" || task.Parts.Count != Parts || task.Parts.Any(p => p.Phase != "Accepted"))
            throw new InvalidDataException($"{drill}: the task is {task.Summary.Phase} with {task.Parts.Count(p => p.Phase == "Accepted")} of {Parts} parts accepted ({task.Summary.Reason}).");
        if (Tokens.Sum(task.Parts.Select(p => p.Cost)) != task.Summary.Cost)
            throw new InvalidDataException($"{drill}: the parts do not add up to the task's cost.");
    }

    private async Task CheckMoneyAsync(Drill drill)
    {
        var granted = new Tokens(long.Parse(Granted) * Tokens.PerToken);
        await Eventually.TrueAsync($"{drill}: money at rest and conserved", Patience, async () =>
        {
            var user = (await _user!.Hub.AccountAsync()).Value;
            if (user.Held != Tokens.Zero || user.Owed != Tokens.Zero || user.InTransit != Tokens.Zero)
                return false;
            var earned = (await _operator!.Hub.AccountAsync()).Value.Available;
            var treasury = await TreasuryAsync();
            var total = user.Available + earned + treasury;
            return total == granted ? true : throw new InvalidDataException($"{drill}: {granted} were granted and {total} are there.");
        });
    }

    private async Task<Tokens> TreasuryAsync()
    {
        var text = await _network.PbmAsync("accounts", "show", "-account", "treasury");
        var line = text.Split('\n').Single(l => l.TrimStart().StartsWith("available", StringComparison.OrdinalIgnoreCase));
        return Tokens.TryParse(line.Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries)[1], out var amount)
            ? amount : throw new InvalidDataException($"This is no amount: {line}");
    }

    private async Task ArmAsync(Drill drill)
    {
        if (drill.Victim == Victim.Hub)
        {
            await _network.Hub.KillAsync();
            await _network.TryStartHubAsync(Armed(drill), "--allow-mock");
        }
        else
        {
            await _nodes[0].Process.KillAsync();
            _nodes[0].Process = StartNode(_nodes[0].State, Armed(drill));
            // Work sent before the victim is back would all go to the other node.
            await Eventually.TrueAsync($"{drill}: the victim online or dead", Patience,
                () => Task.FromResult(_nodes[0].Process.HasExited || TestNetwork.IsUp(_nodes[0].State, _nodes[0].Process)));
        }
    }

    // Not reached: an armed process would die in a later drill, which does not expect it.
    private async Task DisarmAsync(Drill drill, bool died)
    {
        if (died)
            return;
        if (drill.Victim == Victim.Hub)
        {
            await _network.Hub.KillAsync();
            await StartHubAsync(null);
        }
        else
        {
            await _nodes[0].Process.KillAsync();
            _nodes[0].Process = StartNode(_nodes[0].State, null);
        }
    }

    private async Task<bool> DiedOrEndedAsync(Drill drill, TaskId task)
    {
        var victim = drill.Victim == Victim.Hub ? _network.Hub : _nodes[0].Process;
        await Eventually.TrueAsync($"{drill}: the victim dead or the task over", Patience, async () =>
            victim.HasExited || ((await _user!.Hub.TaskAsync(task)) is { IsOk: true } answer && answer.Value.Settled && victim.HasExited == false && await QuietAsync()));
        return victim.HasExited;
    }

    private async Task<bool> QuietAsync()
        => (await _user!.Hub.AccountAsync()) is { IsOk: true } a && a.Value.Held == Tokens.Zero && a.Value.Owed == Tokens.Zero && a.Value.InTransit == Tokens.Zero;

    private async Task<TaskResponse> EndedAsync(TaskId task)
        => await Eventually.SeeAsync($"{task} ended and settled", Patience, async () =>
            (await _user!.Hub.TaskAsync(task)) is { IsOk: true } answer && answer.Value.Summary.EndedAt is not null && answer.Value.Settled ? answer.Value : null);

    private async Task KillAllAsync()
    {
        await _network.Hub.KillAsync();
        foreach (var node in _nodes)
            await node.Process.KillAsync();
    }

    private async Task StartWhatIsGoneAsync()
    {
        if (_network.Hub.HasExited)
            await StartHubAsync(null);
        for (var i = 0; i < _nodes.Length; i++)
        {
            if (_nodes[i].Process.HasExited)
                _nodes[i].Process = StartNode(_nodes[i].State, null);
        }
    }

    private Task StartHubAsync(IReadOnlyDictionary<string, string>? environment) => _network.StartHubAsync(environment, "--allow-mock");

    private RxProcess StartNode(string state, IReadOnlyDictionary<string, string>? environment)
        => _network.RunNode(state, environment, "--mock", "--executors", "wasm", "--slots", "2", "--allow-swap");

    private Task NodesOnlineAsync(int count)
        => Eventually.TrueAsync($"{count} nodes online", Patience, async () => (await _user!.Hub.NodesAsync()) is { IsOk: true } n && n.Value.Count(x => x.Online) == count);
}
