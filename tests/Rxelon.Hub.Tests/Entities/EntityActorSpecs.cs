using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Entities;

namespace Rxelon.Hub.Tests.Entities;

/// <summary>The shell around every entity, with a journal whose writes the test holds back or breaks.</summary>
public sealed class EntityActorSpecs : TestKit
{
    private static readonly Akka.Configuration.Config Journal = ConfigurationFactory.ParseString(
        $$"""
        akka.loglevel = ERROR
        akka.stdout-loglevel = OFF
        akka.persistence.journal.plugin = "gate"
        gate { class = "{{typeof(GateJournal).AssemblyQualifiedName}}", plugin-dispatcher = "akka.actor.default-dispatcher" }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public EntityActorSpecs()
        : base(Journal)
    {
    }

    private Gate Gate => Gate.For(Sys);

    [Fact]
    public void A_reply_is_sent_once_and_after_all_events()
    {
        var entity = Start("a", fold: false);
        Gate.Close();
        entity.Tell(new Add(2, Steps: 3), TestActor);
        AwaitCondition(() => Gate.Writes.Count == 1);
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Gate.Open();
        Assert.Equal(6, ExpectMsg<TallyReply>().Sum);
        ExpectMsg("added 2");
        ExpectMsg("from 0 to 6 by 3");
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void Commands_of_one_batch_cost_one_write_of_folded_events()
    {
        var entity = Start("b");
        Gate.Close();
        entity.Tell(new Add(1), TestActor);
        AwaitCondition(() => Gate.Writes.Count == 1);
        for (var i = 0; i < 10; i++)
            entity.Tell(new Add(1), TestActor);
        Gate.Open();
        Assert.Equal(1, ExpectMsg<TallyReply>().Sum);
        ExpectMsg("added 1");
        ExpectMsg("from 0 to 1 by 1");
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(2 + i, ExpectMsg<TallyReply>().Sum);
            ExpectMsg("added 1");
        }

        ExpectMsg("from 1 to 11 by 1");
        Assert.Equal([1, 1], Gate.Writes);
    }

    [Fact]
    public void Recovery_gives_the_state_that_was_live_and_repeats_what_is_owed()
    {
        var entity = Start("c");
        entity.Tell(new Add(5, Steps: 2), ActorRefs.NoSender);
        ExpectMsg("added 5");
        ExpectMsg("from 0 to 10 by 1");
        Restart(ref entity, "c");
        ExpectMsg("owed at 10");
        entity.Tell(new Ask(), TestActor);
        Assert.Equal(10, ExpectMsg<TallyReply>().Sum);
    }

    [Fact]
    public void A_stop_during_a_write_still_answers_and_then_stops()
    {
        var entity = Start("d");
        Watch(entity);
        Gate.Close();
        entity.Tell(new Add(3), TestActor);
        AwaitCondition(() => Gate.Writes.Count == 1);
        entity.Tell(new Add(4), TestActor);
        entity.Tell(StopEntity.Instance);
        Gate.Open();
        Assert.Equal(3, ExpectMsg<TallyReply>().Sum);
        ExpectMsg("added 3");
        ExpectMsg("from 0 to 3 by 1");
        Assert.Equal(7, ExpectMsg<TallyReply>().Sum);
        ExpectMsg("added 4");
        ExpectMsg("from 3 to 7 by 1");
        ExpectTerminated(entity);
    }

    [Theory]
    [InlineData(GateMode.Fail)]
    [InlineData(GateMode.Reject)]
    public void A_write_that_does_not_succeed_stops_the_entity_and_answers_nobody(GateMode mode)
    {
        var entity = Start("e");
        Watch(entity);
        Gate.Mode = mode;
        entity.Tell(new Add(3), TestActor);
        ExpectTerminated(entity);
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));

        Gate.Mode = GateMode.Write;
        entity = Start("e");
        entity.Tell(new Ask(), TestActor);
        Assert.Equal(0, ExpectMsg<TallyReply>().Sum);
    }

    [Fact]
    public void A_bug_in_a_decision_drops_what_was_pending()
    {
        var entity = Start("f");
        entity.Tell(new Add(3), TestActor);
        entity.Tell(new Crash(), TestActor);
        entity.Tell(new Ask(), TestActor);
        FishForMessage(m => m is TallyReply { Sum: 0 or 3 });
        entity.Tell(new Add(1), TestActor);
        var sum = (TallyReply)FishForMessage(m => m is TallyReply);
        entity.Tell(new Ask(), TestActor);
        Assert.Equal(sum, FishForMessage(m => m is TallyReply));
    }

    [Fact]
    public void Volatile_events_change_the_state_without_a_write_and_are_gone_after_recovery()
    {
        var entity = Start("g");
        entity.Tell(new Recall(), TestActor);
        ExpectMsg<TallyReply>();
        ExpectMsg("from 0 to 0 by 1");
        Assert.Empty(Gate.Writes);
    }

    [Fact]
    public void Snapshots_are_taken_every_so_many_events_and_shorten_recovery()
    {
        var entity = Start("h", snapshotEvery: 5);
        for (var i = 0; i < 12; i++)
        {
            entity.Tell(new Add(1), TestActor);
            Assert.Equal(i + 1, ((TallyReply)FishForMessage(m => m is TallyReply)).Sum);
        }

        Restart(ref entity, "h", snapshotEvery: 5);
        entity.Tell(new Ask(), TestActor);
        Assert.Equal(12, ((TallyReply)FishForMessage(m => m is TallyReply)).Sum);
    }

    [Fact]
    public void A_wake_up_waits_for_its_time_on_the_given_clock()
    {
        var entity = Start("i");
        entity.Tell(_time.GetUtcNow().AddMilliseconds(30));
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        _time.Advance(TimeSpan.FromMilliseconds(40));
        ExpectMsg("added 1000");
    }

    [Fact]
    public void An_entity_at_rest_asks_its_shard_to_let_it_go()
    {
        var entity = Start("j");
        entity.Tell(new LeaveNow(), TestActor);
        ExpectMsg<TallyReply>();
        Assert.Same(StopEntity.Instance, ExpectMsg<Passivate>(TimeSpan.FromSeconds(10)).StopMessage);
    }

    [Fact]
    public void An_entity_that_never_was_leaves_after_the_question()
    {
        var entity = Start("k");
        entity.Tell(new Ask(), TestActor);
        ExpectMsg<TallyReply>();
        ExpectMsg<Passivate>(TimeSpan.FromSeconds(10));
    }

    private IActorRef Start(string id, int snapshotEvery = 0, bool fold = true)
        => ActorOfAsTestActorRef<TallyParent>(Entity.Props(() => new TallyParent(
            TestActor, Entity.Props(() => new TallyEntity(id, _time, TestActor, snapshotEvery, fold))))).UnderlyingActor.Child;

    private void Restart(ref IActorRef entity, string id, int snapshotEvery = 0)
    {
        Watch(entity);
        entity.Tell(StopEntity.Instance);
        var stopped = entity;
        FishForMessage(m => m is Terminated t && t.ActorRef.Equals(stopped));
        entity = Start(id, snapshotEvery);
    }

    /// <summary>Stands for the shard: what its child says goes to the test.</summary>
    private sealed class TallyParent : UntypedActor
    {
        private readonly IActorRef _test;

        public TallyParent(IActorRef test, Props child)
        {
            _test = test;
            Child = Context.ActorOf(child);
        }

        internal IActorRef Child { get; }

        protected override void OnReceive(object message) => _test.Forward(message);
    }
}
