using System.Security.Cryptography;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Bench.Mock;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Scheduling;

/// <summary>The actor around the matcher; the test stands for the task region.</summary>
public sealed class MatchmakerSpecs : TestKit
{
    private static readonly NodeId Node = NodeId.FromBytes(RandomNumberGenerator.GetBytes(16));
    private static readonly AccountId Owner = AccountId.FromBytes(RandomNumberGenerator.GetBytes(16));

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly IActorRef _matchmaker;

    public MatchmakerSpecs()
        : base("akka { loglevel = ERROR, test { single-expect-default = 30s, default-timeout = 30s } }")
    {
        var registry = new ActorRegistry();
        registry.Register<TaskRegion>(TestActor);
        _matchmaker = Sys.ActorOf(Props.Create(() => new MatchmakerActor(new Neighbours(registry), _time)));
    }

    [Fact]
    public void Waiting_parts_of_a_task_are_placed_in_one_message()
    {
        var task = NewTask();
        _matchmaker.Tell(new OfferUpdate(Offer(slots: 3)));
        _matchmaker.Tell(new DemandUpdate(Demand(task, 5)));
        var placement = ExpectMsg<PlaceParts>();
        Assert.Equal(task, placement.Task);
        Assert.Equal(3, placement.Parts.Count);
        Assert.All(placement.Parts, p => Assert.Equal(Node, p.Node));
    }

    [Fact]
    public void Room_that_a_task_refuses_or_frees_is_offered_again()
    {
        var (first, second) = (NewTask(), NewTask());
        _matchmaker.Tell(new OfferUpdate(Offer(slots: 1)));
        _matchmaker.Tell(new DemandUpdate(Demand(first, 1)));
        var placement = ExpectMsg<PlaceParts>();
        _matchmaker.Tell(new DemandUpdate(Demand(second, 1)));
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));

        _matchmaker.Tell(new DemandUpdate(Demand(first, 0)));
        _matchmaker.Tell(new PartsPlaced(first, [], placement.Parts));
        var next = ExpectMsg<PlaceParts>();
        Assert.Equal((second, 1UL), (next.Task, next.Parts.Single().Session));

        _matchmaker.Tell(new PartsPlaced(second, [], next.Parts));
        _matchmaker.Tell(new OfferGone(Node, 1));
        _matchmaker.Tell(new OfferUpdate(Offer(slots: 1, session: 2)));
        _matchmaker.Tell(new DemandUpdate(Demand(second, 1)));
        next = (PlaceParts)FishForMessage(m => m is PlaceParts { Parts: [{ Session: 2 }] } p && p.Task == second);

        var attempt = new PartAttempt(next.Parts[0].Part, 1);
        var placed = next.Parts[0];
        _matchmaker.Tell(new PartsPlaced(
            second, [new Assigned(attempt, placed.Node, placed.Operator, placed.Session, placed.AskPerCoreHour)], []));
        var third = NewTask();
        _matchmaker.Tell(new DemandUpdate(Demand(third, 1)));
        _matchmaker.Tell(new RoomFreed(second, Node, 2, [attempt], null));
        FishForMessage(m => m is PlaceParts p && p.Task == third);
    }

    [Fact]
    public void Nothing_more_goes_to_a_session_that_is_gone()
    {
        _matchmaker.Tell(new OfferUpdate(Offer(slots: 1)));
        _matchmaker.Tell(new OfferGone(Node, 1));
        _matchmaker.Tell(new DemandUpdate(Demand(NewTask(), 1)));
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Why_and_what_it_would_cost_are_answered()
    {
        var task = NewTask();
        _matchmaker.Tell(new OfferUpdate(Offer(slots: 1)));
        _matchmaker.Tell(new DemandUpdate(Demand(task, 1) with { MaxAskPerCoreHour = new Tokens(1) }));
        _matchmaker.Tell(new AskWhy(task), TestActor);
        Assert.NotEmpty(ExpectMsg<WaitReason>().Sentence);
        _matchmaker.Tell(new AskQuote(Demand(task, 1).Spec, 1), TestActor);
        var quote = ExpectMsg<QuoteAnswer>();
        Assert.Equal((1, 1), (quote.NodesFit, quote.NodesTotal));
        Assert.Equal(new Tokens(50), quote.HighestAskPerCoreHour);
    }

    private static TaskId NewTask() => TaskId.FromBytes(RandomNumberGenerator.GetBytes(16));

    private static NodeOffer Offer(int slots, ulong session = 1) => new(
        Node,
        Owner,
        session,
        new Resources(64_000, 1L << 40, 1L << 40),
        new Resources(64_000, 1L << 40, 1L << 40),
        slots,
        slots,
        false,
        new Tokens(50),
        "eu",
        new Dictionary<string, string>(),
        new HashSet<WorkloadKind> { WorkloadKind.Mock },
        new HashSet<string>());

    private TaskDemand Demand(TaskId task, int parts)
    {
        var spec = MockHub.Order(Owner, 1).Submission.Spec;
        return new TaskDemand(
            task,
            Owner,
            spec,
            Tier.Standard,
            _time.GetUtcNow(),
            new Tokens(100),
            [.. Enumerable.Range(0, parts)],
            0,
            null,
            new Dictionary<int, IReadOnlyList<NodeId>>());
    }
}
