using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Link.Wire;

namespace Rxelon.Link.Tests.Wire;

public sealed class ReliableSpecs
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(2);

    [Fact]
    public void Everything_arrives_once_and_in_order_however_frames_are_lost_and_repeated()
        => Gen.Select(Gen.Int[1, 30], Gen.Bool.Array[200]).Sample((count, lost) =>
        {
            var time = new FakeTimeProvider();
            var sender = new ReliableOut<int>(time);
            var receiver = new ReliableIn();
            var arrived = new List<int>();
            var rolls = 0;
            bool Lost() => rolls < lost.Length && lost[rolls++];
            void Deliver(ulong seq, int frame)
            {
                if (!Lost() && receiver.Take(seq))
                    arrived.Add(frame);
                if (!Lost())
                    Assert.True(sender.Acknowledge(receiver.Ack));
            }

            for (var i = 0; i < count; i++)
                Deliver(sender.Add(i), i);
            while (sender.Count > 0)
            {
                time.Advance(After);
                foreach (var (seq, frame) in sender.Due(After))
                    Deliver(seq, frame);
            }

            Assert.Equal(Enumerable.Range(0, count), arrived);
        });

    [Fact]
    public void A_new_session_numbers_what_was_not_acknowledged_anew()
    {
        var sender = new ReliableOut<string>(new FakeTimeProvider());
        sender.Add("a");
        sender.Add("b");
        sender.Add("drop");
        sender.Add("c");
        Assert.True(sender.Acknowledge(1));

        Assert.Equal([(1UL, "b"), (2UL, "c")], sender.Restart(f => f != "drop"));
        Assert.Equal(3UL, sender.Add("d"));
    }

    [Fact]
    public void An_acknowledgement_of_what_was_never_sent_is_a_violation()
    {
        var sender = new ReliableOut<int>(new FakeTimeProvider());
        sender.Add(1);
        Assert.False(sender.Acknowledge(2));
    }
}
