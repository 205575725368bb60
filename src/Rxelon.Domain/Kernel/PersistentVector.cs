using System.Collections;

namespace Rxelon.Domain.Kernel;

/// <summary>
/// An immutable list whose changed copies share all but a few small arrays with the original (a trie of 32-wide nodes), so
/// that a task of a million parts pays the same per part as one of ten.
/// </summary>
public sealed class PersistentVector<T> : IReadOnlyList<T>
{
    private const int Bits = 5;
    private const int Width = 1 << Bits;

    private readonly object _root;
    private readonly int _shift;

    private PersistentVector(object root, int shift, int count)
    {
        _root = root;
        _shift = shift;
        Count = count;
    }

    /// <summary>No items.</summary>
    public static PersistentVector<T> Empty { get; } = new(Array.Empty<T>(), 0, 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return Leaf(index)[index & (Width - 1)];
        }
    }

    /// <summary>The same item, so many times.</summary>
    public static PersistentVector<T> Repeat(T item, int count)
    {
        if (count <= Width)
            return new PersistentVector<T>(Enumerable.Repeat(item, count).ToArray(), 0, count);
        var editor = Empty.Edit();
        for (var i = 0; i < count; i++)
            editor.Add(item);
        return editor.ToVector();
    }

    /// <summary>A copy with one item replaced.</summary>
    public PersistentVector<T> With(int index, T item)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return new PersistentVector<T>(Put(_root, _shift, index, item, null), _shift, Count);
    }

    /// <summary>A copy with one item more.</summary>
    public PersistentVector<T> Add(T item)
    {
        var (root, shift) = Grown(null);
        return new PersistentVector<T>(Put(root, shift, Count, item, null), shift, Count + 1);
    }

    /// <summary>Many changes at once: each node is copied at most once. One thread, and not used after <see cref="Editor.ToVector"/>.</summary>
    public Editor Edit() => new(this);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (var start = 0; start < Count; start += Width)
        {
            var leaf = Leaf(start);
            var end = Math.Min(Width, Count - start);
            for (var i = 0; i < end; i++)
                yield return leaf[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static object Put(object node, int shift, int index, T item, HashSet<object>? owned)
    {
        var at = (index >> shift) & (Width - 1);
        if (shift == 0)
        {
            var leaf = Writable((T[])node, at, owned);
            leaf[at] = item;
            return leaf;
        }

        var inner = Writable((object?[])node, at, owned);
        inner[at] = Put(inner[at] ?? (shift == Bits ? Array.Empty<T>() : Array.Empty<object>()), shift - Bits, index, item, owned);
        return inner;
    }

    private static TItem[] Writable<TItem>(TItem[] node, int at, HashSet<object>? owned)
    {
        if (at < node.Length && owned is not null && owned.Contains(node))
            return node;
        var length = at < node.Length ? node.Length : Math.Min(Width, Math.Max(at + 1, node.Length * 2));
        var copy = new TItem[length];
        node.CopyTo(copy, 0);
        owned?.Add(copy);
        return copy;
    }

    private T[] Leaf(int index)
    {
        var node = _root;
        for (var shift = _shift; shift > 0; shift -= Bits)
            node = ((object[])node)[(index >> shift) & (Width - 1)];
        return (T[])node;
    }

    private (object Root, int Shift) Grown(HashSet<object>? owned)
    {
        if (Count < 1 << (_shift + Bits))
            return (_root, _shift);
        object[] root = [_root];
        owned?.Add(root);
        return (root, _shift + Bits);
    }

    /// <summary>A vector being changed; see <see cref="Edit"/>.</summary>
    public sealed class Editor
    {
        private readonly HashSet<object> _owned = new(ReferenceEqualityComparer.Instance);
        private PersistentVector<T> _vector;

        internal Editor(PersistentVector<T> vector) => _vector = vector;

        /// <summary>The item as changed so far.</summary>
        public T this[int index]
        {
            get => _vector[index];
            set
            {
                var root = Put(_vector._root, _vector._shift, index, value, _owned);
                if (!ReferenceEquals(root, _vector._root))
                    _vector = new PersistentVector<T>(root, _vector._shift, _vector.Count);
            }
        }

        /// <summary>Appends.</summary>
        public void Add(T item)
        {
            var (root, shift) = _vector.Grown(_owned);
            _vector = new PersistentVector<T>(Put(root, shift, _vector.Count, item, _owned), shift, _vector.Count + 1);
        }

        /// <summary>The result.</summary>
        public PersistentVector<T> ToVector() => _vector;
    }
}
