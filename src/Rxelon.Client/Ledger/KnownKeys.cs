using System.Globalization;
using System.Text;
using Rxelon.Shared.Ledger;

namespace Rxelon.Client.Ledger;

/// <summary>
/// The keys by which a log is known: those of a policy, and those that rotation entries added (docs/adr/0001-leaf-v1.md, kind 3).
/// Text form: a vkey a line, and behind it, in Unix milliseconds, from when it no longer signs. Not safe for concurrent use.
/// </summary>
internal sealed class KnownKeys
{
    private readonly Dictionary<NoteKey, DateTimeOffset> _keys = [];

    private KnownKeys()
    {
    }

    /// <summary>The policy's keys and what a file has besides; null for no file. Lines that are none are passed over.</summary>
    internal static KnownKeys Of(IEnumerable<NoteKey> policy, byte[]? file = null)
    {
        var known = new KnownKeys();
        foreach (var key in policy)
            known._keys[key] = DateTimeOffset.MaxValue;
        foreach (var line in Encoding.UTF8.GetString(file ?? []).Split('\n'))
        {
            var words = line.Split(' ');
            if (NoteKey.Parse(words[0]) is { IsOk: true, Value: var key })
                known._keys[key] = words.Length == 2 && long.TryParse(words[1], CultureInfo.InvariantCulture, out var until)
                    ? DateTimeOffset.FromUnixTimeMilliseconds(until)
                    : DateTimeOffset.MaxValue;
        }

        return known;
    }

    /// <summary>Those that may sign at that time.</summary>
    internal IReadOnlyList<NoteKey> At(DateTimeOffset time) => [.. _keys.Where(k => time < k.Value).Select(k => k.Key)];

    /// <summary>Another one that can be tried out.</summary>
    internal KnownKeys Copy() => Of([], ToBytes());

    /// <summary>Takes the new key when a known one signed for it; true when that was news.</summary>
    internal bool Learn(RotationLeaf rotation)
    {
        if (!rotation.IsSigned() || NoteKey.Parse(rotation.OldKey).Value is not { } from || !_keys.TryGetValue(from, out var until) || rotation.At >= until)
            return false;
        _keys[from] = rotation.OldUntil < until ? rotation.OldUntil : until;
        return _keys.TryAdd(NoteKey.Parse(rotation.NewKey).Value, DateTimeOffset.MaxValue);
    }

    internal byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Concat(_keys.Select(k => k.Value == DateTimeOffset.MaxValue
        ? $"{k.Key}\n"
        : string.Create(CultureInfo.InvariantCulture, $"{k.Key} {k.Value.ToUnixTimeMilliseconds()}\n"))));
}
