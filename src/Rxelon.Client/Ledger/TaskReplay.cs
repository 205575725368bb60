using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using static Rxelon.Client.Ledger.EventFields;
using PriceTerms = Rxelon.Shared.Pricing.PriceTerms;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Repeats what a task's events did to its price: which cap each attempt was placed at, and what each accepted part costs
/// (docs/design/pricing.md). Says what differs, and goes on with the number in the event, so that one wrong part is one difference.
/// </summary>
internal sealed class TaskReplay
{
    private readonly SortedDictionary<int, Running> _running = [];
    private readonly Dictionary<int, PayoutPart> _accepted = [];
    private readonly StagePlan _plan;
    private readonly List<int> _stages = [];
    private PriceTerms _price;
    private Tokens _hold;
    private Tokens _cost;
    private HoldShares _shares;
    private Tier _tier;

    private TaskReplay(TaskSubmitted order, TaskSpec spec, StagePlan plan, PriceTerms price)
    {
        _plan = plan;
        _stages.AddRange(Enumerable.Repeat(0, order.Parts.Count).Concat(plan.AtSubmission().Select(o => o.Stage)));
        _tier = spec.Budget.Tier;
        _price = price;
        Hold = _hold = new Tokens(order.Hold);
        _shares = HoldShares.Of(_hold, plan.Weight);
        if (order.Hold < 0 || order.Hold > order.Budget)
            Differences.Add($"The hold of {Money(order.Hold)} is not within the signed budget of {Money(order.Budget)}.");
        if (price.TierPermille != Tariff.TierPermille(_tier))
            Differences.Add($"The order's tier is {_tier}, whose multiplier is {Tariff.TierPermille(_tier)} and not {price.TierPermille}.");
    }

    /// <summary>The hold that the order asked for.</summary>
    internal Tokens Hold { get; }

    internal int FeePermille => _price.FeePermille;

    /// <summary>Accepted parts in the order of acceptance.</summary>
    internal List<PayoutPart> Accepted { get; } = [];

    internal List<string> Differences { get; } = [];

    /// <summary>Null when the first event is no order that can be priced.</summary>
    internal static TaskReplay? Of(IReadOnlyList<ReceiptEvent> events)
    {
        if (events is not [{ Message: TaskSubmitted order }, ..] || Spec(order.Spec) is not { } spec || Terms(order.Price) is not { } price
            || order.Parts.Count == 0 || StagePlan.Of(spec, order.Parts.Count) is not { IsOk: true, Value: var plan })
            return null;
        var replay = new TaskReplay(order, spec, plan, price);
        foreach (var e in events.Skip(1))
            replay.Apply(e);
        return replay;
    }

    internal PayoutPart? Part(int part) => _accepted.GetValueOrDefault(part);

    private void Apply(ReceiptEvent e)
    {
        switch (e.Message)
        {
            case PartsAdded m:
                Add(m);
                break;
            case PartsAssigned m:
                foreach (var p in m.Parts.Where(p => IsPart(p.Attempt.Part)))
                    _running[p.Attempt.Part] = new Running(p.Attempt.Number, Node(p.Node), Account(p.Operator), new Tokens(p.Ask), _shares.For(Stage(p.Attempt.Part).Weight));
                break;
            case PartsAccepted m:
                foreach (var p in m.Parts)
                    Accept(p);
                break;
            case AttemptsFailed m:
                foreach (var f in m.Failures)
                    _running.Remove(f.Attempt.Part);
                break;
            case TaskAdjusted m:
                Adjust(m);
                break;
            case TaskEnded:
                _running.Clear();
                break;
        }
    }

    private void Accept(PartsAccepted.Types.Part p)
    {
        var part = p.Attempt.Part;
        if (!_running.Remove(part, out var running) || running.Number != p.Attempt.Number || running.Node is not { } node || node != Node(p.Node)
            || running.Operator is not { } payee || payee != Account(p.Operator) || !IsPart(part))
        {
            Differences.Add($"Part {part} is accepted from a node that has no attempt of it under way.");
            return;
        }

        var resources = Stage(part).Spec.Resources;
        var charge = Tariff.Charge(_price, running.Ask, resources, Metering(p.Metering));
        var computed = HoldShares.Capped(charge, running.Cap, _hold, _cost);
        var result = new PayoutPart(
            part, p.Attempt.Number, node, payee, running.Ask, p.Metering?.WallMillis ?? 0, Tariff.BilledMillis(resources),
            _price.DemandPermille, _price.TierPermille, _price.FeePermille, charge, running.Cap, computed, new Tokens(p.Cost));
        if (!result.Agrees)
            Differences.Add($"Part {part} costs {Money(computed.Micros)}, and {Money(p.Cost)} are charged.");
        if (!_accepted.TryAdd(part, result))
            Differences.Add($"Part {part} is accepted twice.");
        Accepted.Add(result);
        _cost += result.Recorded;
    }

    private void Adjust(TaskAdjusted m)
    {
        var hold = new Tokens(m.Hold);
        if (hold != _hold && _stages.Count > _accepted.Count)
        {
            var running = Weight(_running.Keys);
            var open = _plan.Weight - Weight(_accepted.Keys) - running;
            _shares = HoldShares.AfterChange(hold, _cost, Tokens.Sum(_running.Values.Select(r => r.Cap)), open, running);
        }

        _hold = hold;
        if ((Tier)m.Tier == _tier)
            return;
        _tier = (Tier)m.Tier;
        _price = _price with { TierPermille = Tariff.TierPermille(_tier) };
    }

    private void Add(PartsAdded m)
    {
        if (m.First != _stages.Count || m.Parts.Any(p => p.Stage < 0 || p.Stage >= _plan.Stages.Count))
            Differences.Add($"Parts are added from {m.First} on to a task that has {_stages.Count}, or of a stage that it does not have.");
        else
            _stages.AddRange(m.Parts.Select(p => p.Stage));
    }

    private bool IsPart(int part) => part >= 0 && part < _stages.Count;

    private StageTerms Stage(int part) => _plan.Stages[_stages[part]];

    private Int128 Weight(IEnumerable<int> parts) => parts.Aggregate((Int128)0, (sum, p) => sum + Stage(p).Weight);

    private sealed record Running(int Number, NodeId? Node, AccountId? Operator, Tokens Ask, Tokens Cap);
}
