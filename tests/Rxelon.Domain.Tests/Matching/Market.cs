using System.Collections.Frozen;
using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Tests.Matching;

/// <summary>A matcher with the offers and demands that stories are made of.</summary>
internal sealed class Market
{
    private static readonly FrozenSet<WorkloadKind> Mock = new[] { WorkloadKind.Mock }.ToFrozenSet();
    private static readonly FrozenSet<string> NoImages = FrozenSet<string>.Empty;
    private static readonly FrozenDictionary<string, string> NoLabels = FrozenDictionary<string, string>.Empty;

    internal Matcher Matcher { get; } = new();

    internal DateTimeOffset Now { get; set; } = Given.Start;

    internal static NodeOffer Offer(int node, int slots = 4, long ask = 1_000, long memory = 64L << 30)
    {
        var total = new Resources(64_000, memory, 1L << 40);
        return new NodeOffer(
            Ids.Node(node), Ids.Account(100 + node), (ulong)node, total, total, slots, slots, false, new Tokens(ask), "eu", NoLabels, Mock, NoImages);
    }

    internal static TaskDemand Demand(int task, int parts, Func<TaskSpec, TaskSpec>? change = null, Tier tier = Tier.Standard, int minute = 0)
        => new(
            Ids.Task(task), Given.Owner, Given.Spec(change), tier, Given.Start.AddMinutes(minute), new Tokens(1_000_000),
            [.. Enumerable.Range(0, parts)], 0, null, new Dictionary<int, IReadOnlyList<NodeId>>());

    internal Market With(params NodeOffer[] offers)
    {
        foreach (var offer in offers)
            Matcher.UpdateOffer(offer);
        return this;
    }

    internal Market Want(params TaskDemand[] demands)
    {
        foreach (var demand in demands)
            Matcher.SetDemand(demand);
        return this;
    }

    internal IReadOnlyList<Match> Pass(int max = 1_000) => Matcher.Pass(Now, max);

    /// <summary>The task's entity takes every match.</summary>
    internal void Accept(IEnumerable<Match> matches)
    {
        foreach (var group in matches.GroupBy(m => m.Task))
        {
            Matcher.Answered(new PartsPlaced(
                group.Key,
                [.. group.Select(m => new Assigned(
                    new PartAttempt(m.Placed.Part, 1), m.Placed.Node, m.Placed.Operator, m.Placed.Session, m.Placed.AskPerCoreHour))],
                []));
        }
    }

    internal void Free(Match match) => Matcher.FreeRoom(
        match.Task, match.Placed.Node, match.Placed.Session, [new PartAttempt(match.Placed.Part, 1)]);
}
