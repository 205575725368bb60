using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>Says in plain words what stands between a task and its nodes.</summary>
internal static class Reasons
{
    /// <summary>Whether the node suits the task and its price, however busy it is now.</summary>
    internal static bool CouldTake(NodeRoom room, Shape shape, QueuedTask task)
        => !room.Offer.Draining && room.Offer.AskPerCoreHour <= task.Demand.MaxAskPerCoreHour && shape.Check(room.Offer) == Mismatch.None;

    internal static WaitReason Explain(QueuedTask task, NodeIndex nodes, double placedPerSecond)
    {
        var spec = task.Demand.Spec;
        if (task.WaitingCount == 0)
        {
            return task.InFlight.Count > 0
                ? new WaitReason("starting", "Its parts are being handed to nodes.", TimeSpan.Zero)
                : new WaitReason("running", "No part waits; all are under way.", null);
        }

        if (task.IsAtLimit)
            return new WaitReason("parallel", $"It runs at most {spec.Privacy.Parallel} parts at once, and so many are under way.", null);
        var (counts, total) = Count(nodes, spec, task.Demand.MaxAskPerCoreHour);
        if (total == 0)
            return new WaitReason("no-nodes", "No nodes are connected.", null);
        var against = string.Join("; ", Mismatches.Describe(counts, total, spec));
        var ready = counts.GetValueOrDefault(Mismatch.None);
        if (ready > 0)
            return Ready(task, against);
        var soon = counts.GetValueOrDefault(Mismatch.Busy) + counts.GetValueOrDefault(Mismatch.Cooling);
        if (soon == 0)
            return new WaitReason("no-fit", $"{against}.", null);

        var ahead = task.Shape!.Queue.TakeWhile(t => t != task).Sum(t => t.WaitingCount);
        TimeSpan? estimate = placedPerSecond > 0 ? TimeSpan.FromSeconds((ahead + 1) / placedPerSecond) : null;
        return new WaitReason("busy", $"{against}; {ahead} {(ahead == 1 ? "part is" : "parts are")} ahead in the queue.", estimate);
    }

    internal static MarketSurvey Survey(TaskSpec spec, int parts, NodeIndex nodes, long queued)
    {
        var (counts, total) = Count(nodes, spec, new Tokens(long.MaxValue));
        long slots = 0, used = 0;
        var denied = spec.Placement.DenyOperators.ToHashSet();
        var fit = new List<NodeRoom>();
        foreach (var room in nodes.Live)
        {
            slots += room.Offer.SlotsTotal;
            used += room.SlotsUsed;
            if (!room.Offer.Draining && Mismatches.Of(room.Offer, spec, denied) == Mismatch.None)
                fit.Add(room);
        }

        return new MarketSurvey(
            fit.Count, total, Tariff.DemandPermille(used + queued, slots), QuotedAsk(fit, parts),
            counts.GetValueOrDefault(Mismatch.None) > 0 ? TimeSpan.Zero : null,
            total == 0 ? ["No nodes are connected"] : Mismatches.Describe(counts, total, spec));
    }

    // The cheapest nodes that together have a slot for every part, and at least three of them: the dearest of those.
    private static Tokens QuotedAsk(List<NodeRoom> fit, int parts)
    {
        var ask = Tokens.Zero;
        var slots = 0L;
        var taken = 0;
        foreach (var room in fit.OrderBy(r => r.Offer.AskPerCoreHour))
        {
            if (taken >= 3 && slots >= parts)
                break;
            ask = room.Offer.AskPerCoreHour;
            slots += room.Offer.SlotsTotal;
            taken++;
        }

        return ask;
    }

    private static WaitReason Ready(QueuedTask task, string against)
    {
        if (task.Demand.Spec.Privacy.Sticky && task is { StickTo: not null, Running: > 0 })
            return new WaitReason("sticky", "It stays on the node that runs it, which is busy.", null);
        if (task.Waiting.Count == 0 && task.Troubled.Count > 0 && task.Troubled.All(task.Apart.ContainsKey))
            return new WaitReason("other-operator", "Copies of one part run with different operators, and the nodes that are free belong to those that have one.", null);
        if (task.Waiting.Count == 0 && task.Troubled.Count > 0)
            return new WaitReason("retry", "Its parts failed on the nodes that are free; the others are busy.", null);
        return new WaitReason("next", against.Length == 0 ? "It is placed next." : $"It is placed next, although {against}.", TimeSpan.Zero);
    }

    private static (Dictionary<Mismatch, int> Counts, int Total) Count(NodeIndex nodes, TaskSpec spec, Tokens maxAsk)
    {
        var denied = spec.Placement.DenyOperators.ToHashSet();
        var counts = new Dictionary<Mismatch, int>();
        var total = 0;
        foreach (var room in nodes.Live)
        {
            var why = Mismatches.Of(room.Offer, spec, denied);
            if (why == Mismatch.None)
            {
                why = room.Offer.AskPerCoreHour > maxAsk ? Mismatch.Price
                    : room.Offer.Draining ? Mismatch.Draining
                    : room.CoolUntil is not null ? Mismatch.Cooling
                    : room.SlotsFree <= 0 || !spec.Resources.FitsIn(room.Free) || !room.HasGpus(spec.Gpu) ? Mismatch.Busy
                    : Mismatch.None;
            }

            counts[why] = counts.GetValueOrDefault(why) + 1;
            total++;
        }

        return (counts, total);
    }
}
