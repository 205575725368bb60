using Rxelon.Drills;

namespace Rxelon.Bench.Network;

/// <summary>A hub and one node as processes of the product, and a user with money in this process. Gone after disposal.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private const string Granted = "1000000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestNetwork _processes = new();
    private TestUser? _user;
    private TestUser? _operator;

    internal string Directory => _processes.Directory;

    internal TestUser User => _user ?? throw new InvalidOperationException("The network was not started.");

    /// <summary>Returns when the node is online.</summary>
    internal async Task StartAsync(params string[] nodeOptions)
    {
        await _processes.StartHubAsync().ConfigureAwait(false);
        _operator = await TestUser.OpenAsync(_processes, "op", "operator").ConfigureAwait(false);
        _user = await TestUser.OpenAsync(_processes, "user", "user").ConfigureAwait(false);
        await _processes.PbmAsync("accounts", "grant", "-account", _user.Account.ToString(), "-amount", Granted).ConfigureAwait(false);
        var state = await _processes.JoinNodeAsync("node", _operator.Account.ToString()).ConfigureAwait(false);
        var node = _processes.RunNode(state, null, ["--allow-swap", .. nodeOptions]);
        await Eventually.TrueAsync("the node online", Patience, async () => node.HasExited
            ? throw new InvalidDataException($"The node ended:\n{node.Output}")
            : await User.Hub.NodesAsync().ConfigureAwait(false) is { IsOk: true } nodes && nodes.Value.Any(n => n.Online)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _user?.Dispose();
        _operator?.Dispose();
        await _processes.DisposeAsync().ConfigureAwait(false);
    }
}
