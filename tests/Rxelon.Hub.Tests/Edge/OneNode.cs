namespace Rxelon.Hub.Tests.Edge;

/// <summary>An edge and a node that is in session with it.</summary>
internal sealed class OneNode : IAsyncDisposable
{
    private readonly EdgeHarness _edge;
    private readonly NodeHarness _node;
    private readonly ulong _session;

    private OneNode(EdgeHarness edge, NodeHarness node, ulong session)
    {
        _edge = edge;
        _node = node;
        _session = session;
    }

    internal static async Task<OneNode> InSessionAsync()
    {
        var edge = await EdgeHarness.StartAsync();
        var node = new NodeHarness(edge).Start();
        await node.UpAsync();
        return new OneNode(edge, node, await edge.SessionOfAsync(node.Id));
    }

    internal void Deconstruct(out EdgeHarness edge, out NodeHarness node, out ulong session)
        => (edge, node, session) = (_edge, _node, _session);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _edge.DisposeAsync();
    }
}
