using Rxelon.Drills;

namespace Rxelon.Bench.Network;

/// <summary>A hub and one node as processes of the product, and a user with money in this process. Gone after disposal.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private const string Granted = "1000000";
    private const int Tail = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestNetwork _processes = new();
    private RxProcess? _node;
    private TestUser? _user;
    private TestUser? _operator;

    internal string Directory => _processes.Directory;

    internal TestUser User => _user ?? throw new InvalidOperationException("The network was not started.");

    internal int NodeId => _node?.Id ?? throw new InvalidOperationException("The network was not started.");

    /// <summary>The node's state directory.</summary>
    internal string NodeState => Path.Combine(Directory, "node");

    /// <summary>What hub and node said of late, for messages.</summary>
    internal string Output => string.Join('\n', _processes.Hub.Output.Split('\n').TakeLast(Tail).Append("---").Concat((_node?.Output ?? "").Split('\n').TakeLast(Tail)));

    /// <summary>Returns when the node is online.</summary>
    internal async Task StartAsync(params string[] nodeOptions)
    {
        await _processes.StartHubAsync().ConfigureAwait(false);
        _operator = await TestUser.OpenAsync(_processes, "op", "operator").ConfigureAwait(false);
        _user = await TestUser.OpenAsync(_processes, "user", "user").ConfigureAwait(false);
        await _processes.PbmAsync("accounts", "grant", "-account", _user.Account.ToString(), "-amount", Granted).ConfigureAwait(false);
        var state = await _processes.JoinNodeAsync("node", _operator.Account.ToString()).ConfigureAwait(false);
        _node = _processes.RunNode(state, null, ["--allow-swap", .. nodeOptions]);
        try
        {
            await Eventually.TrueAsync("the node online", Patience, async () =>
                await User.Hub.NodesAsync().ConfigureAwait(false) is { IsOk: true } nodes && nodes.Value.Any(n => n.Online)).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Output}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _user?.Dispose();
        _operator?.Dispose();
        await _processes.DisposeAsync().ConfigureAwait(false);
    }
}
