using Google.Protobuf;
using Rxelon.Node.Link;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Tests.Link;

public sealed class LogLaneSpecs
{
    private readonly LogLane _lane = new();
    private ulong _seq;

    [Fact]
    public void Few_chunks_are_on_the_way_and_the_others_follow_in_order_as_the_hub_acknowledges()
    {
        for (uint i = 0; i < 20; i++)
            Assert.True(_lane.Add(Chunk(i, 10)));

        Assert.Equal(Enumerable.Range(0, LogLane.OnTheWay).Select(n => (uint)n), Send());
        Assert.Empty(Send());
        _lane.Acknowledged(3);
        Assert.Equal([8u, 9u, 10u], Send());
        _lane.Acknowledged(100);
        Assert.Equal(8, Send().Count);
        _lane.Acknowledged(200);
        Assert.Equal([19u], Send());
    }

    [Fact]
    public void In_a_new_session_what_was_not_acknowledged_still_counts()
    {
        for (uint i = 0; i < 20; i++)
            _lane.Add(Chunk(i, 10));
        Send();
        _lane.Restarted([(1, new ToHub { Failure = new AttemptFailure() }), (2, Chunk(6, 10)), (3, Chunk(7, 10))]);
        _seq = 3;

        Assert.Equal([8u, 9u, 10u, 11u, 12u, 13u], Send());
        _lane.Acknowledged(2);
        Assert.Equal([14u], Send());
    }

    [Fact]
    public void What_waits_is_bounded()
    {
        var chunks = 0u;
        while (_lane.Add(Chunk(chunks, 32 * 1024)))
            chunks++;
        Assert.Equal(LogLane.Room / (32 * 1024), chunks);
        Send();
        Assert.True(_lane.Add(Chunk(chunks + 1, 32 * 1024)));
    }

    private List<uint> Send()
    {
        var sent = new List<uint>();
        while (_lane.TryNext(out var frame))
        {
            _lane.Sent(++_seq);
            sent.Add(frame.Log.Number);
        }

        return sent;
    }

    private static ToHub Chunk(uint number, int size)
        => new() { Log = new AttemptLog { Number = number, Chunk = ByteString.CopyFrom(new byte[size]) } };
}
