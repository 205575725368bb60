using System.Collections;

namespace Rxelon.Domain.Matching;

/// <summary>Part numbers, each once, the latest first. To add, to take out and to ask for one costs the same however many there are.</summary>
internal sealed class PartQueue : IEnumerable<int>
{
    private readonly LinkedList<int> _order = new();
    private readonly Dictionary<int, LinkedListNode<int>> _places = [];

    internal int Count => _places.Count;

    /// <summary>Puts a part in front; one that is in already stays where it is.</summary>
    internal void Add(int part)
    {
        if (!_places.ContainsKey(part))
            _places.Add(part, _order.AddFirst(part));
    }

    internal void Remove(int part)
    {
        if (_places.Remove(part, out var place))
            _order.Remove(place);
    }

    internal void Clear()
    {
        _order.Clear();
        _places.Clear();
    }

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => _order.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
