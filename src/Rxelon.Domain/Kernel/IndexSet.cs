namespace Rxelon.Domain.Kernel;

/// <summary>An immutable set of small numbers (part indexes), one bit each.</summary>
public sealed class IndexSet
{
    private readonly ulong[] _words;

    private IndexSet(ulong[] words) => _words = words;

    /// <summary>No numbers.</summary>
    public static IndexSet Empty { get; } = new([]);

    /// <summary>The words, lowest numbers first, as <see cref="FromWords"/> reads them.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Rebuilds a set from <see cref="Words"/>.</summary>
    public static IndexSet FromWords(ReadOnlySpan<ulong> words) => new(words.ToArray());

    /// <summary>True when the number is in the set.</summary>
    public bool Contains(int index)
        => index >= 0 && index >> 6 < _words.Length && (_words[index >> 6] & (1UL << (index & 63))) != 0;

    /// <summary>A set with these numbers too; throws on a negative one.</summary>
    public IndexSet With(IReadOnlyCollection<int> indexes)
    {
        if (indexes.Count == 0)
            return this;
        ArgumentOutOfRangeException.ThrowIfNegative(indexes.Min(), nameof(indexes));
        var words = new ulong[Math.Max(_words.Length, (indexes.Max() >> 6) + 1)];
        _words.CopyTo(words, 0);
        foreach (var index in indexes)
            words[index >> 6] |= 1UL << (index & 63);
        return new IndexSet(words);
    }
}
