using Google.Protobuf;
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
    private readonly Dictionary<int, PayoutPart> _answered = [];
    private readonly StagePlan _plan;
    private readonly List<int> _stages = [];
    private readonly bool _speculates;
    private Int128 _twins;
    private PriceTerms _price;
    private Tokens _hold;
    private Tokens _cost;
    private HoldShares _shares;
    private Tier _tier;

    private TaskReplay(TaskSubmitted order, TaskSpec spec, StagePlan plan, PriceTerms price)
    {
        _plan = plan;
        _stages.AddRange(Enumerable.Repeat(0, order.Parts.Count).Concat(plan.AtSubmission().Select(o => o.Stage)));
        _speculates = spec.Limits.Speculate;
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
            case PartsReported m:
                foreach (var p in m.Parts)
                    Report(p);
                break;
            case PartsRejected m:
                foreach (var p in m.Parts)
                    Reject(p);
                break;
            case PartsSpared m:
                foreach (var p in m.Parts)
                    Close(p.Part_, p.ClosedBy);
                break;
            case OperatorDistrusted m:
                Distrust(m);
                break;
            case AttemptsFailed m:
                foreach (var f in m.Failures)
                {
                    _running.Remove(f.Attempt.Part);
                    _answered.Remove(f.Attempt.Part);
                }

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
        if (_answered.Remove(p.Attempt.Part, out var reported))
        {
            if (reported.Attempt != p.Attempt.Number || reported.Node != Node(p.Node) || reported.Operator != Account(p.Operator) || reported.Recorded.Micros != p.Cost)
                Differences.Add($"Part {p.Attempt.Part} is accepted otherwise than it was reported.");
            Count(reported with { Recorded = new Tokens(p.Cost) });
        }
        else if (Priced("accepted", p.Attempt, p.Node, p.Operator, p.Metering, p.Cost) is { } result)
        {
            Count(result);
        }
    }

    private void Report(PartsReported.Types.Part p)
    {
        if (Priced("reported", p.Attempt, p.Node, p.Operator, p.Metering, p.Cost) is { } result)
            _answered[result.Part] = result;
    }

    private PayoutPart? Priced(string what, Attempt attempt, ByteString from, ByteString by, Shared.Journal.Metering? metering, long cost)
    {
        var part = attempt.Part;
        if (!_running.Remove(part, out var running) || running.Number != attempt.Number || running.Node is not { } node || node != Node(from)
            || running.Operator is not { } payee || payee != Account(by) || !IsPart(part))
        {
            Differences.Add($"Part {part} is {what} from a node that has no attempt of it under way.");
            return null;
        }

        var resources = Stage(part).Spec.Resources;
        var charge = Tariff.Charge(_price, running.Ask, resources, Metering(metering));
        var computed = HoldShares.Capped(charge, running.Cap, _hold, _cost + Tokens.Sum(_answered.Values.Select(a => a.Recorded)));
        var result = new PayoutPart(
            part, attempt.Number, node, payee, running.Ask, metering?.WallMillis ?? 0, Tariff.BilledMillis(resources),
            _price.DemandPermille, _price.TierPermille, _price.FeePermille, charge, running.Cap, computed, new Tokens(cost));
        if (!result.Agrees)
            Differences.Add($"Part {part} costs {Money(computed.Micros)}, and {Money(cost)} are charged.");
        return result;
    }

    private void Count(PayoutPart result)
    {
        if (!_accepted.TryAdd(result.Part, result))
            Differences.Add($"Part {result.Part} is accepted twice.");
        Accepted.Add(result);
        _cost += result.Recorded;
    }

    // A wrong result is not paid; its part may be closed with a right one, which is paid once.
    private void Reject(PartsRejected.Types.Part p)
    {
        var part = p.Attempt.Part;
        if (!_answered.Remove(part, out var wrong) || wrong.Attempt != p.Attempt.Number || wrong.Node != Node(p.Node) || wrong.Operator != Account(p.Operator))
            Differences.Add($"Part {part} is rejected, and no such result was reported.");
        if (p.HasClosedBy)
            Close(part, p.ClosedBy);
    }

    private void Close(int part, int by)
    {
        _running.Remove(part);
        if (_accepted.TryGetValue(by, out var right) && IsPart(part))
            Count(right.For(part, $"the result of part {Number(by)}"));
        else
            Differences.Add($"Part {part} is closed with the result of part {by}, which was not accepted.");
    }

    private void Distrust(OperatorDistrusted m)
    {
        var liar = Account(m.Operator);
        foreach (var part in m.Withdrawn)
        {
            if (_answered.Remove(part, out var back) || _accepted.Remove(part, out back))
            {
                if (Accepted.Remove(back))
                    _cost -= back.Recorded;
            }

            if (back is null || back.Operator != liar)
                Differences.Add($"Part {part} is taken back from an operator whose result it is not.");
        }

        foreach (var part in m.Forfeited)
        {
            if (!_accepted.TryGetValue(part, out var paid) || paid.Operator != liar)
            {
                Differences.Add($"The pay of part {part} is forfeited by an operator whose result it is not.");
                continue;
            }

            _cost -= paid.Recorded;
            Accepted[Accepted.IndexOf(paid)] = _accepted[part] = paid.For(part, "forfeited");
        }
    }

    private void Adjust(TaskAdjusted m)
    {
        var hold = new Tokens(m.Hold);
        if (hold != _hold && _stages.Count > _accepted.Count + _answered.Count)
        {
            var running = Weight(_running.Keys);
            var open = _plan.Weight + _twins - Weight(_accepted.Keys) - Weight(_answered.Keys) - running;
            var reserved = Tokens.Sum(_running.Values.Select(r => r.Cap)) + Tokens.Sum(_answered.Values.Select(a => a.Recorded));
            _shares = HoldShares.AfterChange(hold, _cost, reserved, open, running);
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

        // A twin is no part that the hold was made for.
        if (_speculates && _stages.Count == m.First + m.Parts.Count)
            _twins += Weight(Enumerable.Range(m.First, m.Parts.Count).Where(p => m.Parts[p - m.First].HasCheckOf));
    }

    private bool IsPart(int part) => part >= 0 && part < _stages.Count;

    private StageTerms Stage(int part) => _plan.Stages[_stages[part]];

    private Int128 Weight(IEnumerable<int> parts) => parts.Aggregate((Int128)0, (sum, p) => sum + Stage(p).Weight);

    private sealed record Running(int Number, NodeId? Node, AccountId? Operator, Tokens Ask, Tokens Cap);
}
