using Rxelon.Drills;

namespace Rxelon.Bench.Network;

/// <summary>A hub and nodes as processes of the product, and a user with money in this process. Gone after disposal.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private const string Granted = "1000000";
    private const int Tail = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestNetwork _processes = new();
    private readonly List<TestUser> _operators = [];
    private readonly List<RxProcess> _nodes = [];
    private TestUser? _user;

    internal string Directory => _processes.Directory;

    internal TestUser User => _user ?? throw new InvalidOperationException("The network was not started.");

    /// <summary>The hub's process.</summary>
    internal int HubId => _processes.Hub.Id;

    /// <summary>The first node's process.</summary>
    internal int NodeId => _nodes[0].Id;

    /// <summary>The first node's state directory.</summary>
    internal string NodeState => Path.Combine(Directory, "node1");

    /// <summary>What hub and last node said of late, for messages.</summary>
    internal string Output => string.Join('\n', _processes.Hub.Output.Split('\n').TakeLast(Tail).Append("---").Concat((_nodes.LastOrDefault()?.Output ?? "").Split('\n').TakeLast(Tail)));

    /// <summary>Returns when the first node is online.</summary>
    internal async Task StartAsync(params string[] nodeOptions)
    {
        await _processes.StartHubAsync().ConfigureAwait(false);
        _user = await TestUser.OpenAsync(_processes, "user", "user").ConfigureAwait(false);
        await _processes.PbmAsync("accounts", "grant", "-account", _user.Account.ToString(), "-amount", Granted).ConfigureAwait(false);
        await AddNodeAsync(nodeOptions).ConfigureAwait(false);
    }

    /// <summary>Returns when one more node, of an operator of its own, is online.</summary>
    internal async Task AddNodeAsync(params string[] nodeOptions)
    {
        var number = _operators.Count + 1;
        var by = await TestUser.OpenAsync(_processes, $"operator{number}", "operator").ConfigureAwait(false);
        _operators.Add(by);
        var state = await _processes.JoinNodeAsync($"node{number}", by.Account.ToString()).ConfigureAwait(false);
        _nodes.Add(_processes.RunNode(state, null, ["--allow-swap", .. nodeOptions]));
        try
        {
            await Eventually.TrueAsync($"{_nodes.Count} nodes online", Patience, async () =>
                await User.Hub.NodesAsync().ConfigureAwait(false) is { IsOk: true } nodes && nodes.Value.Any(n => n.Online && n.Name == $"node{number}")).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Output}", e);
        }
    }

    /// <summary>Kills the node that was added last (<c>kill -9</c>).</summary>
    internal async Task KillLastNodeAsync()
    {
        await _nodes[^1].KillAsync().ConfigureAwait(false);
        _nodes.RemoveAt(_nodes.Count - 1);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _user?.Dispose();
        foreach (var by in _operators)
            by.Dispose();
        await _processes.DisposeAsync().ConfigureAwait(false);
    }
}
