using System.Numerics;
using Rxelon.Domain.Tasks;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Matching;

/// <summary>Everything about a task that decides which nodes qualify, the price limit rounded up to an eighth of a power of two.</summary>
internal readonly record struct ShapeKey(WorkloadKind Kind, string? Image, Resources Resources, int AskBucket, string Places, string Needs)
{
    internal static ShapeKey Of(TaskSpec spec, Tokens maxAsk) => new(spec.Kind, spec.Image, spec.Resources, Bucket(maxAsk.Micros), PlacesOf(spec.Placement), NeedsOf(spec));

    /// <summary>What few tasks ask for; empty for the others.</summary>
    private static string NeedsOf(TaskSpec spec)
        => spec.Repository is null && spec.ImageBlob is null && spec.Gpu is null && spec.Network is null ? ""
            : $"{(spec.ImageBlob is null ? spec.Repository : "image")}|{spec.Gpu}|{string.Join(',', spec.Network?.Allow ?? [])}";

    private static int Bucket(long ask)
    {
        if (ask < 8)
            return (int)Math.Max(0, ask);
        var power = BitOperations.Log2((ulong)ask);
        return (power * 8) + (int)((ask >> (power - 3)) & 7);
    }

    /// <summary>The highest ask of the bucket.</summary>
    internal long AskBound => AskBucket < 8 ? AskBucket : ((9L + (AskBucket & 7)) << ((AskBucket >> 3) - 3)) - 1;

    private static string PlacesOf(Placement p)
        => p.Regions.Count + p.DenyOperators.Count + p.Labels.Count == 0 ? ""
            : string.Join('\n', [
                .. p.Regions.Order(StringComparer.Ordinal), "|", .. p.DenyOperators.Order(StringComparer.Ordinal), "|",
                .. p.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")]);
}

/// <summary>Tasks that want the same of a node: one queue, and when needed an index of the nodes with room for them.</summary>
internal sealed class Shape(ShapeKey key, TaskSpec sample)
{
    private readonly HashSet<string> _denied = [.. sample.Placement.DenyOperators];
    private readonly long _askBound = key.AskBound;

    internal ShapeKey Key { get; } = key;

    /// <summary>Tasks that could be placed now, in queue order.</summary>
    internal SortedSet<QueuedTask> Queue { get; } = new(QueueOrder.Instance);

    /// <summary>Tasks that wait for more than room of this shape (their one node, a cheaper node, a node not yet tried).</summary>
    internal HashSet<QueuedTask> Parked { get; } = [];

    internal int Tasks { get; set; }

    /// <summary>Nodes with room for a part of this shape; null until scanning all nodes proved too slow.</summary>
    internal SortedSet<RoomKey>? Index { get; set; }

    internal long LastUsed { get; set; }

    /// <summary>No node had room; until one gains some.</summary>
    internal bool IsBlocked { get; set; }

    /// <summary>The head under which the matcher's ready list knows the shape.</summary>
    internal (long Rank, long Sequence)? Listed { get; set; }

    /// <summary>True when the node would have to load the tasks' model first.</summary>
    internal bool IsCold(NodeRoom room)
        => Key is { Kind: WorkloadKind.Model, Image: { } model } && !(room.Offer.Models.TryGetValue(model, out var offered) && offered.IsLoaded);

    /// <summary>The node's key in this shape's index.</summary>
    internal RoomKey KeyOf(NodeRoom room, RoomKey key) => IsCold(room) ? key with { IsCold = true } : key;

    /// <summary>Whether the node could ever take a part, and if not, the first reason why.</summary>
    internal Mismatch Check(NodeOffer offer) => Mismatches.Of(offer, sample, _denied);

    /// <summary>Whether the node has room for a part right now.</summary>
    internal bool HasRoom(NodeRoom room)
        => room.CanTakeWork && room.Offer.AskPerCoreHour.Micros <= _askBound && Key.Resources.FitsIn(room.Free) && room.HasGpus(sample.Gpu)
            && Check(room.Offer) == Mismatch.None;
}

/// <summary>A task that has parts waiting or in flight.</summary>
internal sealed class QueuedTask(TaskDemand demand, long sequence)
{
    /// <summary>Parts matched and not answered yet: where, when, and whether the task has since said that they wait.</summary>
    internal Dictionary<int, InFlight> InFlight { get; } = [];

    internal TaskDemand Demand { get; set; } = demand;

    internal Shape? Shape { get; set; }

    internal long Sequence { get; } = sequence;

    /// <summary>Submission time less the tier's head start: smaller goes first.</summary>
    internal long Rank { get; set; }

    /// <summary>Waiting parts that may go anywhere; the next one last.</summary>
    internal Stack<int> Waiting { get; } = new();

    /// <summary>Waiting parts that failed on some nodes and prefer others, or that some operators must not get.</summary>
    internal PartQueue Troubled { get; } = new();

    /// <summary>By part: the nodes it failed on.</summary>
    internal Dictionary<int, IReadOnlyList<NodeId>> Avoid { get; } = [];

    /// <summary>By part: the group whose operators are kept apart.</summary>
    internal Dictionary<int, PartGroup> Apart { get; } = [];

    internal int Running { get; set; }

    internal NodeId? StickTo { get; set; }

    /// <summary>By group: the operators that have one of its parts, those in flight included.</summary>
    internal Dictionary<int, HashSet<AccountId>> Groups { get; } = [];

    /// <summary>The operators that must not get this part, or null when its group keeps nobody out.</summary>
    internal HashSet<AccountId>? Beside(int part) => Apart.TryGetValue(part, out var group) ? Groups[group.Number] : null;

    /// <summary>Whether an operator may get a part whose group has these operators.</summary>
    internal bool MayTake(AccountId by, HashSet<AccountId>? beside) => !(beside?.Contains(by) ?? false) && !Demand.Distrusted.Contains(by);

    /// <summary>Whether a part may not, or had better not, go just anywhere.</summary>
    internal bool IsTroubled(int part) => Avoid.ContainsKey(part) || Apart.ContainsKey(part);

    internal int WaitingCount => Waiting.Count + Troubled.Count;

    internal bool IsAtLimit => Demand.Spec.Privacy.Parallel is > 0 and var most && Running >= most;
}

/// <summary>A match whose task has not answered.</summary>
internal sealed record InFlight(NodeId Node, DateTimeOffset At, bool StillWaits);

internal sealed class QueueOrder : IComparer<QueuedTask>
{
    internal static QueueOrder Instance { get; } = new();

    public int Compare(QueuedTask? x, QueuedTask? y)
    {
        var byRank = x!.Rank.CompareTo(y!.Rank);
        return byRank != 0 ? byRank : x.Sequence.CompareTo(y.Sequence);
    }
}

internal sealed class ShapeOrder : IComparer<Shape>
{
    internal static ShapeOrder Instance { get; } = new();

    public int Compare(Shape? x, Shape? y) => Nullable.Compare(x!.Listed, y!.Listed);
}
