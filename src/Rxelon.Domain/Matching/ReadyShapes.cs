using Rxelon.Shared.Ids;

namespace Rxelon.Domain.Matching;

/// <summary>
/// The queue: shapes with something to place, best task first. A shape for which no node had room is skipped until a node
/// gains some, so a long queue costs nothing while it cannot move.
/// </summary>
internal sealed class ReadyShapes(NodeIndex nodes)
{
    private const int LongestScan = 48;
    private const int MostIndexes = 16;
    private const int LongestDraw = 64;

    private readonly Dictionary<ShapeKey, Shape> _shapes = [];
    private readonly SortedSet<Shape> _ready = new(ShapeOrder.Instance);
    private readonly HashSet<Shape> _stuck = [];
    private long _uses;

    /// <summary>The shape whose head is next, or null when nothing can be placed.</summary>
    internal Shape? Best() => _ready.Min;

    /// <summary>Takes a task out of its shape, to be changed or forgotten.</summary>
    internal void Remove(QueuedTask task)
    {
        if (task.Shape is not { } shape)
            return;
        shape.Queue.Remove(task);
        shape.Parked.Remove(task);
        shape.Tasks--;
        task.Shape = null;
        Refresh(shape);
        if (shape.Tasks == 0 && shape.Index is null)
        {
            _shapes.Remove(shape.Key);
            _stuck.Remove(shape);
        }
    }

    /// <summary>Puts a task where it belongs now: in the queue, aside, or nowhere while it has nothing to place.</summary>
    internal void Put(QueuedTask task, bool park = false)
    {
        var shape = task.Shape ?? Join(task);
        shape.Parked.Remove(task);
        if (!park && task.WaitingCount > 0 && !task.IsAtLimit)
            shape.Queue.Add(task);
        else
            shape.Queue.Remove(task);
        if (park)
            shape.Parked.Add(task);
        Refresh(shape);
    }

    /// <summary>A node may have more room than before: whoever it suits is tried again.</summary>
    internal void Gained(NodeRoom room)
    {
        if (_stuck.Count == 0 || !room.CanTakeWork)
            return;
        foreach (var shape in _stuck.Where(s => s.HasRoom(room)).ToList())
        {
            shape.IsBlocked = false;
            foreach (var task in shape.Parked.Where(t => t.WaitingCount > 0 && !t.IsAtLimit))
                shape.Queue.Add(task);
            shape.Parked.Clear();
            Refresh(shape);
        }
    }

    /// <summary>The best node with room for a shape within the task's ask, other than those to avoid and those of operators to keep apart.</summary>
    internal NodeRoom? Find(Shape shape, QueuedTask task, IReadOnlyList<NodeId> avoid, HashSet<AccountId>? beside, out bool sawRoom)
    {
        sawRoom = false;
        shape.LastUsed = ++_uses;
        var scanned = 0;
        NodeRoom? cold = null;
        foreach (var key in shape.Index ?? nodes.Open)
        {
            var room = nodes.At(key);
            if (shape.Index is null)
            {
                if (++scanned > LongestScan)
                {
                    BuildIndex(shape);
                    return Find(shape, task, avoid, beside, out sawRoom);
                }

                if (!shape.HasRoom(room))
                    continue;
            }

            sawRoom = true;
            if (room.Offer.AskPerCoreHour > task.Demand.MaxAskPerCoreHour || avoid.Contains(room.Offer.Node) || !task.MayTake(room.Offer.Operator, beside))
                continue;

            // An index has loaded models in front; without one the rest is looked at for one.
            if (shape.Index is not null || !shape.IsCold(room))
                return room;
            cold ??= room;
        }

        return cold;
    }

    /// <summary>
    /// A node for a part whose copies other operators run: not the best but any, drawn. Operators who agree on lies could make themselves
    /// the best by their price. Null when none of those looked at suits; then the network is so busy that whoever becomes free is any.
    /// </summary>
    internal NodeRoom? Draw(Shape shape, QueuedTask task, int part, IReadOnlyList<NodeId> avoid, HashSet<AccountId>? beside)
        => nodes.From(
            Mixed(task.Demand.Draw + (ulong)part), LongestDraw,
            room => shape.HasRoom(room) && room.Offer.AskPerCoreHour <= task.Demand.MaxAskPerCoreHour && !avoid.Contains(room.Offer.Node)
                && task.MayTake(room.Offer.Operator, beside));

    // The finalizer of SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
    private static ulong Mixed(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }

    private Shape Join(QueuedTask task)
    {
        var key = ShapeKey.Of(task.Demand.Spec, task.Demand.MaxAskPerCoreHour);
        if (!_shapes.TryGetValue(key, out var shape))
            _shapes.Add(key, shape = new Shape(key, task.Demand.Spec));
        task.Shape = shape;
        shape.Tasks++;
        return shape;
    }

    private void BuildIndex(Shape shape)
    {
        if (nodes.Indexed.Count >= MostIndexes)
        {
            var oldest = nodes.Indexed.MinBy(s => s.LastUsed)!;
            oldest.Index = null;
            nodes.Indexed.Remove(oldest);
            if (oldest.Tasks == 0)
            {
                _shapes.Remove(oldest.Key);
                _stuck.Remove(oldest);
            }
        }

        shape.Index = new SortedSet<RoomKey>(
            nodes.Open.Where(key => shape.HasRoom(nodes.At(key))).Select(key => shape.KeyOf(nodes.At(key), key)));
        nodes.Indexed.Add(shape);
    }

    private void Refresh(Shape shape)
    {
        if (shape.Listed is not null)
            _ready.Remove(shape);
        shape.Listed = null;
        if (shape.IsBlocked || shape.Parked.Count > 0)
            _stuck.Add(shape);
        else
            _stuck.Remove(shape);
        if (!shape.IsBlocked && shape.Queue.Min is { } head)
        {
            shape.Listed = (head.Rank, head.Sequence);
            _ready.Add(shape);
        }
    }
}
