using Rxelon.Link.Tests.Support;
using Rxelon.Shared.Wire;

namespace Rxelon.Link.Tests.Guard;

public sealed class LinkSpecs
{
    [Fact]
    public async Task A_node_and_the_edge_talk_both_ways()
    {
        await using var edge = new TestEdge();
        var credentials = Credentials.Issue(edge.Authority);
        await using var node = new TestNode(edge, credentials);

        await node.GreetAsync();

        Assert.Equal(node.Origin, edge.Received.First().From);
        Assert.Equal(credentials.Node, edge.Guard.Identify(node.Origin)?.Node);
        edge.Send(node.Origin, new ToNode { Epoch = 7, Drain = new Drain { Reason = "x" } });
        await Eventually.TrueAsync("the drain", () => node.Received.OfType<ToNode>().Any(f => f.Drain?.Reason == "x"));
    }
}
