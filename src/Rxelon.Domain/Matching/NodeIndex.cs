using Rxelon.Shared.Ids;

namespace Rxelon.Domain.Matching;

/// <summary>All nodes, and those that can take work in the order of preference, for all shapes and for each indexed one.</summary>
internal sealed class NodeIndex
{
    private readonly Dictionary<NodeId, NodeRoom> _rooms = [];
    private readonly List<NodeRoom> _bySequence = [];
    private readonly PriorityQueue<NodeRoom, DateTimeOffset> _cooling = new();

    /// <summary>Nodes with a free slot, best first.</summary>
    internal SortedSet<RoomKey> Open { get; } = [];

    /// <summary>Shapes that keep an index of their own.</summary>
    internal List<Shape> Indexed { get; } = [];

    internal IEnumerable<NodeRoom> Live => _bySequence.Where(r => r.IsLive);

    internal DateTimeOffset? NextWarm => _cooling.TryPeek(out _, out var at) ? at : null;

    internal NodeRoom? Find(NodeId node) => _rooms.GetValueOrDefault(node);

    internal NodeRoom At(RoomKey key) => _bySequence[key.Sequence];

    /// <summary>The first of so many nodes from a place in the order of arrival on, round and round, that suits.</summary>
    internal NodeRoom? From(ulong start, int most, Func<NodeRoom, bool> suits)
    {
        for (var i = 0; i < Math.Min(most, _bySequence.Count); i++)
        {
            if (_bySequence[(int)((start + (ulong)i) % (ulong)_bySequence.Count)] is var room && suits(room))
                return room;
        }

        return null;
    }

    internal NodeRoom Update(NodeOffer offer)
    {
        if (_rooms.TryGetValue(offer.Node, out var room))
        {
            Unlist(room);
            room.Update(offer);
        }
        else
        {
            room = new NodeRoom(offer, _bySequence.Count);
            _rooms.Add(offer.Node, room);
            _bySequence.Add(room);
        }

        Refresh(room);
        return room;
    }

    /// <summary>Puts the node where its present room belongs.</summary>
    internal void Refresh(NodeRoom room)
    {
        Unlist(room);
        if (!room.CanTakeWork)
            return;
        var key = room.Key;
        room.Listed = key;
        Open.Add(key);
        foreach (var shape in Indexed)
        {
            if (shape.HasRoom(room))
                shape.Index!.Add(shape.KeyOf(room, key));
        }
    }

    internal void Cool(NodeRoom room, DateTimeOffset until)
    {
        room.CoolUntil = until;
        _cooling.Enqueue(room, until);
        Refresh(room);
    }

    /// <summary>Nodes whose rest is over.</summary>
    internal List<NodeRoom> WarmUp(DateTimeOffset now)
    {
        var warm = new List<NodeRoom>();
        while (_cooling.TryPeek(out var room, out var until) && until <= now)
        {
            _cooling.Dequeue();
            if (room.CoolUntil != until)
                continue;
            room.CoolUntil = null;
            Refresh(room);
            warm.Add(room);
        }

        return warm;
    }

    private void Unlist(NodeRoom room)
    {
        if (room.Listed is not { } key)
            return;
        Open.Remove(key);
        foreach (var shape in Indexed)
            shape.Index!.Remove(shape.KeyOf(room, key));
        room.Listed = null;
    }
}
