using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Matching;

public sealed class MatcherSpecs
{
    private readonly Market _market = new();

    [Fact]
    public void Copies_of_a_part_go_to_any_node_that_suits_and_not_to_those_that_made_themselves_the_cheapest()
    {
        var market = new Market().With([.. Enumerable.Range(0, 100).Select(n => Market.Offer(n, slots: 50, ask: n < 10 ? 500 : 1_000))]);
        var copies = Market.Demand(1, 200) with { Apart = Enumerable.Range(0, 200).ToDictionary(p => p, p => new PartGroup(1_000 + p, [])), Draw = 42 };
        var matches = market.Want(copies).Pass();
        Assert.Equal(200, matches.Count);
        Assert.InRange(matches.Count(m => m.Placed.AskPerCoreHour == new Tokens(500)), 5, 45);
    }

    [Fact]
    public void Parts_of_a_task_spread_over_the_nodes_and_the_cheaper_node_goes_first()
    {
        _market.With(Market.Offer(1, slots: 2, ask: 2_000), Market.Offer(2, slots: 2, ask: 1_000)).Want(Market.Demand(1, 3));
        Assert.Equal([Ids.Node(2), Ids.Node(1), Ids.Node(2)], _market.Pass().Select(m => m.Placed.Node));
    }

    [Fact]
    public void No_slot_is_given_twice_and_freed_ones_are_given_again()
    {
        _market.With(Market.Offer(1, slots: 2)).Want(Market.Demand(1, 5));
        var first = _market.Pass();
        Assert.Equal([0, 1], first.Select(m => m.Placed.Part));
        Assert.Empty(_market.Pass());
        _market.Accept(first);
        _market.Free(first[0]);
        _market.Free(first[0]);
        Assert.Equal([2], _market.Pass().Select(m => m.Placed.Part));
    }

    [Fact]
    public void Memory_counts_as_well_as_slots()
    {
        _market.With(Market.Offer(1, slots: 10, memory: 10L << 30))
            .Want(Market.Demand(1, 5, s => s with { Resources = s.Resources with { Memory = 4L << 30 } }));
        Assert.Equal(2, _market.Pass().Count);
    }

    [Fact]
    public void The_queue_goes_by_tier_then_time_and_an_old_economy_task_is_not_overtaken_for_ever()
    {
        _market.With(Market.Offer(1, slots: 1)).Want(
            Market.Demand(1, 1, tier: Tier.Economy),
            Market.Demand(2, 1, minute: 1),
            Market.Demand(3, 1, minute: 0),
            Market.Demand(4, 1, tier: Tier.Priority, minute: 2),
            Market.Demand(5, 1, tier: Tier.Priority, minute: 31));
        var order = new List<TaskId>();
        for (var i = 0; i < 5; i++)
        {
            var match = Assert.Single(_market.Pass());
            order.Add(match.Task);
            _market.Accept([match]);
            _market.Free(match);
        }

        Assert.Equal([Ids.Task(4), Ids.Task(3), Ids.Task(2), Ids.Task(1), Ids.Task(5)], order);
    }

    [Theory]
    [InlineData("kind")]
    [InlineData("region")]
    [InlineData("label")]
    [InlineData("operator")]
    [InlineData("image")]
    [InlineData("registry")]
    [InlineData("gpu")]
    [InlineData("network")]
    [InlineData("price")]
    [InlineData("memory")]
    [InlineData("draining")]
    public void A_node_that_does_not_fit_gets_nothing_and_the_task_is_told_why(string what)
    {
        var demand = Market.Demand(1, 1);
        demand = what switch
        {
            "kind" => demand with { Spec = demand.Spec with { Kind = WorkloadKind.Wasm } },
            "region" => demand with { Spec = demand.Spec with { Placement = new Placement { Regions = ["us"] } } },
            "label" => demand with { Spec = demand.Spec with { Placement = new Placement { Labels = new Dictionary<string, string> { ["a"] = "b" } } } },
            "operator" => demand with { Spec = demand.Spec with { Placement = new Placement { DenyOperators = [Ids.Account(101).ToString()] } } },
            "image" => demand with { Spec = demand.Spec with { Image = "sha256:1" } },
            "registry" => demand with { Spec = demand.Spec with { Image = "sha256:2", Repository = "registry.example/team/name" } },
            "network" => demand with { Spec = demand.Spec with { Network = new NetworkRequest(["api.example.org:443", "example.net:80"]) } },
            "gpu" => demand with { Spec = demand.Spec with { Gpu = new GpuRequest(2, GpuVendor.Nvidia, 8L << 30) } },
            "price" => demand with { MaxAskPerCoreHour = new Tokens(999) },
            "memory" => demand with { Spec = demand.Spec with { Resources = demand.Spec.Resources with { Memory = 65L << 30 } } },
            _ => demand,
        };
        _market.With(Market.Offer(1) with { Draining = what == "draining", Registries = ["registry.example/tea", "docker.io"], Gpus = [Gpu(8), Gpu(4)], GpusFree = 2, Networks = ["*.example.org"] }).Want(demand);
        Assert.Empty(_market.Pass());
        var why = _market.Matcher.Explain(Ids.Task(1), _market.Now);
        Assert.Equal("no-fit", why.Code);
        Assert.StartsWith("1 of 1 node ", why.Sentence, StringComparison.Ordinal);
        _market.With(Market.Offer(2, memory: 128L << 30) with
        {
            Kinds = new HashSet<WorkloadKind> { demand.Spec.Kind },
            Region = "us",
            Labels = new Dictionary<string, string> { ["a"] = "b" },
            Images = new HashSet<string> { "sha256:1" },
            Registries = ["registry.example/team"],
            Gpus = [Gpu(8), Gpu(24)],
            GpusFree = 2,
            Networks = ["*.example.org", "example.net:80"],
            AskPerCoreHour = new Tokens(999),
        });
        Assert.Equal(Ids.Node(2), Assert.Single(_market.Pass()).Placed.Node);
    }

    private static GpuInfo Gpu(int gib) => new(GpuVendor.Nvidia, "", (long)gib << 30);

    [Fact]
    public void GPUs_are_placed_once_and_come_free_with_their_parts()
    {
        _market.With(Market.Offer(1, slots: 8) with { Gpus = [Gpu(8), Gpu(8), Gpu(8)], GpusFree = 2 })
            .Want(Market.Demand(1, 4, s => s with { Gpu = new GpuRequest(1) }));
        var first = _market.Pass();
        Assert.Equal(2, first.Count);
        Assert.Equal("busy", _market.Matcher.Explain(Ids.Task(1), _market.Now).Code);
        _market.Accept(first);
        _market.Free(first[1]);
        Assert.Single(_market.Pass());
    }

    [Fact]
    public void Reasons_count_the_nodes_commonest_first()
    {
        _market.With(Market.Offer(1, memory: 1L << 30), Market.Offer(2, memory: 1L << 30), Market.Offer(3, ask: 2_000_000))
            .Want(Market.Demand(1, 1, s => s with { Resources = s.Resources with { Memory = 8L << 30 } }));
        Assert.Empty(_market.Pass());
        Assert.Equal(
            "2 of 3 nodes lack 8 GiB of memory; 1 is above your price.", _market.Matcher.Explain(Ids.Task(1), _market.Now).Sentence);
        Assert.Equal("no-nodes", new Market().Want(Market.Demand(1, 1)).Matcher.Explain(Ids.Task(1), _market.Now).Code);
    }

    [Fact]
    public void A_busy_network_is_the_reason_and_the_pace_of_placements_gives_the_estimate()
    {
        _market.With(Market.Offer(1, slots: 1)).Want(Market.Demand(1, 1), Market.Demand(2, 1, minute: 1));
        _market.Pass();
        var why = _market.Matcher.Explain(Ids.Task(2), _market.Now);
        Assert.Equal(("busy", "1 of 1 node is busy; 0 parts are ahead in the queue."), (why.Code, why.Sentence));
        Assert.Equal(30, why.Estimate!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void At_most_so_many_parts_run_at_once()
    {
        _market.With(Market.Offer(1, slots: 8)).Want(Market.Demand(1, 5, s => s with { Privacy = s.Privacy with { Parallel = 2 } }));
        var first = _market.Pass();
        Assert.Equal(2, first.Count);
        Assert.Equal("parallel", _market.Matcher.Explain(Ids.Task(1), _market.Now).Code);
        _market.Accept(first);
        _market.Free(first[1]);
        Assert.Single(_market.Pass());
    }

    [Fact]
    public void A_sticky_task_waits_for_its_node_and_moves_when_that_is_gone()
    {
        _market.With(Market.Offer(1, slots: 1)).Want(
            Market.Demand(1, 3, s => s with { Privacy = s.Privacy with { Sticky = true } }));
        var first = _market.Pass();
        _market.Accept(first);
        _market.With(Market.Offer(2, slots: 4));
        Assert.Empty(_market.Pass());
        _market.Free(first[0]);
        var second = _market.Pass();
        Assert.Equal(Ids.Node(1), Assert.Single(second).Placed.Node);
        _market.Accept(second);
        _market.Matcher.RemoveOffer(Ids.Node(1), 1);
        _market.Free(second[0]);
        Assert.Equal(Ids.Node(2), Assert.Single(_market.Pass()).Placed.Node);
    }

    [Fact]
    public void A_part_goes_back_to_a_node_it_failed_on_only_when_there_is_no_other()
    {
        var failed = Market.Demand(1, 1) with { Avoid = new Dictionary<int, IReadOnlyList<NodeId>> { [0] = [Ids.Node(1)] } };
        _market.With(Market.Offer(1), Market.Offer(2, slots: 1)).Want(Market.Demand(2, 1, minute: -1));
        _market.Pass(); // node 1 has more room
        var blocker = Market.Demand(3, 1, minute: -1) with { Avoid = new Dictionary<int, IReadOnlyList<NodeId>> { [0] = [Ids.Node(1)] } };
        _market.Want(blocker);
        var blocking = Assert.Single(_market.Pass());
        Assert.Equal(Ids.Node(2), blocking.Placed.Node);
        _market.Want(failed);
        Assert.Empty(_market.Pass());
        Assert.Equal("retry", _market.Matcher.Explain(Ids.Task(1), _market.Now).Code);
        _market.Matcher.RemoveOffer(Ids.Node(2), 2);
        _market.Accept([blocking]);
        _market.With(Market.Offer(1));
        Assert.Equal(Ids.Node(1), Assert.Single(_market.Pass()).Placed.Node);
    }

    [Fact]
    public void A_node_that_fails_rests_longer_each_time_and_a_success_forgives_it()
    {
        _market.With(Market.Offer(1, slots: 100)).Want(Market.Demand(1, 100));
        Assert.Equal(2, Rest());
        Assert.Equal(4, Rest());
        _market.Matcher.NodeSucceeded(Ids.Node(1));
        Assert.Equal(2, Rest());

        double Rest()
        {
            _market.Matcher.NodeFault(Ids.Node(1), _market.Now);
            Assert.Empty(_market.Pass(1));
            var due = _market.Matcher.NextDue()!.Value;
            var rest = due - _market.Now;
            _market.Now = due;
            _market.Accept(_market.Pass(1));
            return rest.TotalSeconds;
        }
    }

    [Fact]
    public void A_refused_match_gives_its_room_back_and_the_part_waits_if_its_task_says_so()
    {
        _market.With(Market.Offer(1, slots: 1)).Want(Market.Demand(1, 1));
        var match = Assert.Single(_market.Pass());
        _market.Matcher.Answered(new PartsPlaced(match.Task, [], [match.Placed]));
        Assert.Empty(_market.Pass());
        _market.Want(Market.Demand(1, 1));
        Assert.Single(_market.Pass());
    }

    [Fact]
    public void A_demand_that_crosses_a_match_does_not_place_the_part_twice()
    {
        _market.With(Market.Offer(1, slots: 4)).Want(Market.Demand(1, 2));
        _market.Accept(_market.Pass(1));
        var match = Assert.Single(_market.Pass(1));
        _market.Want(Market.Demand(1, 2) with { Waiting = [1], Running = 1 });
        Assert.Empty(_market.Pass());
        _market.Matcher.Answered(new PartsPlaced(match.Task, [], [match.Placed]));
        Assert.Equal(1, Assert.Single(_market.Pass()).Placed.Part);
    }

    [Fact]
    public void A_match_that_nobody_answers_is_undone()
    {
        _market.With(Market.Offer(1, slots: 1)).Want(Market.Demand(1, 1));
        _market.Pass();
        _market.Now = _market.Matcher.NextDue()!.Value;
        Assert.Single(_market.Pass());
    }

    [Fact]
    public void After_a_failover_what_a_node_runs_already_keeps_its_room_until_it_reports_less()
    {
        var offer = Market.Offer(1, slots: 4);
        _market.With(offer with { SlotsFree = 1 }).Want(Market.Demand(1, 10));
        Assert.Single(_market.Pass());
        _market.With(offer with { SlotsFree = 0 }); // the report knows the match now
        Assert.Empty(_market.Pass());
        _market.With(offer with { SlotsFree = 2 });
        Assert.Equal(2, _market.Pass().Count);
    }

    [Fact]
    public void An_old_sessions_end_does_not_take_the_new_one_away()
    {
        _market.With(Market.Offer(1), Market.Offer(1) with { Session = 9 });
        _market.Matcher.RemoveOffer(Ids.Node(1), 1);
        Assert.Equal(1, _market.Matcher.NodeCount);
        Assert.Equal(9UL, Assert.Single(_market.Want(Market.Demand(1, 1)).Pass()).Placed.Session);
    }

    [Fact]
    public void A_survey_quotes_the_dearest_of_the_cheapest_nodes_that_are_enough()
    {
        _market.With(
            Market.Offer(1, 1, 10), Market.Offer(2, 1, 20), Market.Offer(3, 1, 30), Market.Offer(4, 1, 40), Market.Offer(5, 1, 5, memory: 1));
        var survey = _market.Matcher.Survey(Given.Spec(), 1);
        Assert.Equal((4, 5, new Tokens(30), TimeSpan.Zero), (survey.NodesFit, survey.NodesTotal, survey.HighestAskPerCoreHour, survey.Estimate));
        Assert.Equal(new Tokens(40), _market.Matcher.Survey(Given.Spec(), 4).HighestAskPerCoreHour);
        Assert.Equal("1 of 5 nodes lacks 256 MiB of memory", Assert.Single(survey.Reasons));
    }

    [Fact]
    public void A_finished_task_leaves_nothing_behind()
    {
        _market.With(Market.Offer(1)).Want(Market.Demand(1, 1));
        var matches = _market.Pass();
        _market.Want(Market.Demand(1, 0));
        _market.Accept(matches);
        Assert.Equal("not-queued", _market.Matcher.Explain(Ids.Task(1), _market.Now).Code);
    }
}
