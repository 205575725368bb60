using Rxelon.Domain.Matching;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Matching;

/// <summary>Questions go where the model is, and first where it is loaded.</summary>
public sealed class ModelMatchingSpecs
{
    private const string Name = "org/model-1B";

    private readonly Market _market = new();

    [Fact]
    public void Only_nodes_that_list_the_model_get_its_parts()
    {
        _market.With(Offer(1, null), Offer(2, false), Offer(3, null)).Want(Demand(1, 2));

        Assert.All(_market.Pass(), m => Assert.Equal(Ids.Node(2), m.Placed.Node));
    }

    [Fact]
    public void Loaded_models_go_first_even_where_fewer_slots_are_free_and_more_is_asked()
    {
        _market.With(Offer(1, false, slots: 8, ask: 10), Offer(2, true, slots: 1, ask: 5_000)).Want(Demand(1, 2));

        Assert.Equal([Ids.Node(2), Ids.Node(1)], _market.Pass().Select(m => m.Placed.Node));
    }

    [Fact]
    public void The_preference_holds_among_many_nodes_and_follows_what_nodes_say_later()
    {
        _market.With([.. Enumerable.Range(0, 200).Select(n => Offer(n, n == 150, slots: 2))]).Want(Demand(1, 3));
        var first = _market.Pass(1);
        _market.Accept(first);
        Assert.Equal(Ids.Node(150), first.Single().Placed.Node);

        _market.With(Offer(150, false, slots: 2), Offer(17, true, slots: 2));

        Assert.Equal(Ids.Node(17), _market.Pass(1).Single().Placed.Node);
    }

    [Fact]
    public void Why_it_waits_names_the_model()
    {
        _market.With(Offer(1, null)).Want(Demand(1, 1));
        Assert.Empty(_market.Pass());

        Assert.Contains($"does not have the model {Name}", _market.Matcher.Explain(Ids.Task(1), _market.Now).Sentence);
    }

    private static NodeOffer Offer(int node, bool? loaded, int slots = 4, long ask = 1_000) => Market.Offer(node, slots, ask) with
    {
        Kinds = new HashSet<WorkloadKind> { WorkloadKind.Model },
        Models = loaded is { } isLoaded ? new Dictionary<string, OfferedModel> { [Name] = new(isLoaded, 0), ["other"] = new(true, 0) } : new Dictionary<string, OfferedModel>(),
    };

    private static Domain.Tasks.TaskDemand Demand(int task, int parts)
        => Market.Demand(task, parts, s => s with { Kind = WorkloadKind.Model, Image = Name });
}
