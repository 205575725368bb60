using Google.Protobuf;
using Rxelon.Node.Link;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Logs and progress over the real link.</summary>
public sealed class LiveSessionSpecs
{
    [Fact]
    public async Task A_nodes_chunks_are_kept_in_order_and_only_for_attempts_that_it_holds()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = new NodeHarness(edge).Start();
        await using var other = new NodeHarness(edge).Start();
        await node.UpAsync();
        await other.UpAsync();
        var mine = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        for (uint i = 0; i < 40; i++)
        {
            Send(other, mine, i);
            Send(node, mine, i);
        }

        await Eventually.TrueAsync("all chunks", () => Numbers(edge, mine).Length == 40);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (uint)i), Numbers(edge, mine));

        // The other's were a stranger's: had one been taken, the first byte would tell.
        Assert.All(LogRecords.Read(edge.Logs.Read(mine, 0)), r => Assert.Equal(node.Id.ToBytes()[0], edge.Logs.Read(mine, 0)[r.Start + LogRecords.Framing]));
        var never = new AttemptId(mine.Task, 5, 1);
        Send(node, never, 0);
        Send(node, mine, 40);
        await Eventually.TrueAsync("the next chunk", () => Numbers(edge, mine).Length == 41);
        Assert.Empty(Numbers(edge, never));
    }

    [Fact]
    public async Task The_end_of_a_log_is_taken_even_when_the_report_overtook_it()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        byte[] input = [1], result = [2];
        var attempt = edge.Place(node.Id, session, input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        Send(node, attempt, 0);
        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: true);
        Send(node, attempt, 1);
        await Eventually.TrueAsync("both chunks", () => Numbers(edge, attempt).Length == 2);
    }

    [Fact]
    public async Task A_hub_that_knows_nothing_of_an_attempt_asks_its_task_and_keeps_what_came_meanwhile()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = new NodeHarness(edge);
        var attempt = new AttemptId(TaskId.FromBytes("a-task-of-before"u8), 0, 1);
        edge.Chs.Current[attempt] = (node.Id, edge.Blobs.Add([1]));
        node.Running[attempt] = 3;
        node.Start();
        for (uint i = 0; i < 20; i++)
            Send(node, attempt, i);
        await node.UpAsync();
        await Eventually.TrueAsync("all chunks", () => Numbers(edge, attempt).Length == 20);
    }

    [Fact]
    public async Task Progress_is_on_the_board_while_the_node_holds_the_attempt()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        byte[] input = [1];
        var attempt = edge.Place(node.Id, session, input, part: 4);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        await Eventually.TrueAsync("the figure", () =>
        {
            Tell(node, attempt with { Part = 5 }, 999); // not its own
            Tell(node, attempt, 420);
            return edge.Board.Of(attempt.Task)?.GetValueOrDefault(4) == 420;
        });
        Assert.Equal([4], edge.Board.Of(attempt.Task)!.Keys);
        node.SendReport(attempt, input, [2]);
        await Eventually.TrueAsync("it forgotten", () => edge.Board.Of(attempt.Task) is null);
    }

    [Fact]
    public async Task A_chunk_that_is_too_large_ends_the_connection()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, [1]);
        node.Link.Tell(new Send(
            new ToHub { Log = new AttemptLog { Attempt = NodeHarness.Key(attempt), Chunk = ByteString.CopyFrom(new byte[LogSealer.MaxPlain + LogSealer.Overhead + 1]) } }, true), Akka.Actor.ActorRefs.NoSender);
        await Eventually.TrueAsync("the line dropped", () => node.Got<LinkDown>().Any());
        Assert.Empty(Numbers(edge, attempt));
    }

    private static void Send(NodeHarness node, AttemptId attempt, uint number)
    {
        var chunk = new byte[LogSealer.Overhead + 10];
        chunk[0] = node.Id.ToBytes()[0];
        node.Link.Tell(new Send(
            new ToHub { Log = new AttemptLog { Attempt = NodeHarness.Key(attempt), Number = number, Chunk = ByteString.CopyFrom(chunk) } }, true), Akka.Actor.ActorRefs.NoSender);
    }

    private static void Tell(NodeHarness node, AttemptId attempt, uint permille)
        => node.Link.Tell(new Send(new ToHub { Progress = new Progress { Attempt = NodeHarness.Key(attempt), Permille = permille } }, false), Akka.Actor.ActorRefs.NoSender);

    private static uint[] Numbers(EdgeHarness edge, AttemptId attempt) => [.. LogRecords.Read(edge.Logs.Read(attempt, 0)).Select(r => r.Number)];
}
