using Rxelon.Domain.Tasks;
using Rxelon.Node.Link;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Edge;

public sealed class LinkHealsSpecs
{
    private static readonly double Bound = 10;

    [Theory]
    [InlineData("cut")]
    [InlineData("blackhole")]
    public async Task After_a_broken_connection_the_link_works_both_ways_and_a_running_attempt_goes_on(string how)
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var proxy = new TcpProxy(edge.Service.Port);
        await using var node = new NodeHarness(edge, proxy.Port).Start();
        await node.UpAsync();
        byte[] input = [1], result = [2];
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        node.Ready(attempt);
        await Eventually.TrueAsync("the key", () => node.Frames.Any(f => f.KeyGrants is not null));
        node.Running[attempt] = 3;

        if (how == "cut")
            proxy.Cut();
        else
            proxy.Blackhole();
        await node.UpAsync(times: 2, seconds: Bound);

        Assert.DoesNotContain(edge.Chs.Failures, f => f.Fault.Code == FaultCodes.NodeLost);
        Assert.Contains(edge.Chs.Got<ResumeAttempts>(), r => r.Running.Contains(new PartAttempt(0, 1)));
        Assert.Empty(node.Got<LinkUp>().Last().Welcome.Stop);
        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: true);
        await SessionSpecs.StillWorks(edge, node);
    }

    [Fact]
    public async Task What_was_sent_into_a_broken_connection_arrives_after_it_healed()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var proxy = new TcpProxy(edge.Service.Port);
        await using var node = new NodeHarness(edge, proxy.Port).Start();
        await node.UpAsync();
        byte[] input = [1], result = [2];
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        node.Running[attempt] = 3;

        proxy.Blackhole();
        node.SendReport(attempt, input, result);

        await node.AckAsync(attempt, accepted: true, seconds: Bound);
        Assert.Single(edge.Chs.Accepted);
    }

    [Fact]
    public async Task Ten_cuts_in_a_row_never_leave_the_link_one_way()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var proxy = new TcpProxy(edge.Service.Port);
        await using var node = new NodeHarness(edge, proxy.Port).Start();
        for (var i = 1; i <= 10; i++)
        {
            await node.UpAsync(times: i, seconds: Bound);
            await SessionSpecs.StillWorks(edge, node);
            proxy.Cut();
        }

        await node.UpAsync(times: 11, seconds: Bound);
    }

    [Fact]
    public async Task A_hub_that_forgot_the_session_gets_a_new_hello_and_the_attempt_is_told_to_stop()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = new NodeHarness(edge).Start();
        await node.UpAsync();
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        node.Running[attempt] = 3;
        edge.Chs.Current.Clear();

        // The session's memory is gone, as after a hub's restart; the connection stands.
        var session = await edge.System.ActorSelection(edge.Router.Path / node.Id.ToString()).ResolveOne(TimeSpan.FromSeconds(5));
        edge.System.Stop(session);

        await node.UpAsync(times: 2, seconds: Bound);
        Assert.Equal(NodeHarness.Key(attempt), node.Got<LinkUp>().Last().Welcome.Stop.Single());
        await Eventually.TrueAsync("the stop", () => node.Frames.Any(f => f.Stop?.Attempt.Equals(NodeHarness.Key(attempt)) == true));
        await SessionSpecs.StillWorks(edge, node);
    }
}
