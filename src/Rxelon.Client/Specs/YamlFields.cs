using System.Globalization;
using Rxelon.Shared.Values;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>
/// The fields of one mapping in a task file. Each is taken once by name; what nobody took is unknown and refused with the
/// nearest known name. All errors go to one list, so that a file is reported as a whole.
/// </summary>
internal sealed class YamlFields
{
    private readonly Dictionary<string, (YamlScalarNode Key, YamlNode Value)> _fields = [];
    private readonly List<string> _known = [];
    private readonly List<SpecError> _errors;
    private readonly string _path;

    private YamlFields(YamlMappingNode node, string path, List<SpecError> errors)
    {
        _path = path;
        _errors = errors;
        Start = node.Start;
        foreach (var (key, value) in node)
        {
            if (key is YamlScalarNode { Value: { } name } scalar)
                _fields[name] = (scalar, value);
            else
                Add(FaultCodes.Malformed, "", key.Start, "a field's name must be plain text.");
        }
    }

    internal Mark Start { get; }

    internal static YamlFields? Open(YamlNode node, string path, List<SpecError> errors)
    {
        if (node is YamlMappingNode mapping)
            return new YamlFields(mapping, path, errors);
        errors.Add(At(FaultCodes.Malformed, path, node.Start, "this must be a mapping of fields (name: value)."));
        return null;
    }

    internal static SpecError At(string code, string path, Mark mark, string message)
        => new(code, path, (int)mark.Line, (int)mark.Column, message);

    internal bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>The field, which stays to be taken.</summary>
    internal YamlNode? Peek(string name) => _fields.TryGetValue(name, out var field) ? field.Value : null;

    internal YamlNode? Take(string name)
    {
        _known.Add(name);
        return _fields.Remove(name, out var field) ? field.Value : null;
    }

    /// <summary>Refuses a field of a later release by name.</summary>
    internal void NotYet(string name, string what)
    {
        _known.Add(name);
        if (_fields.Remove(name, out var field))
            Add(FaultCodes.NotYet, name, field.Key.Start, what);
    }

    internal YamlFields? TakeFields(string name) => Take(name) is { } node ? Open(node, Path(name), _errors) : null;

    internal string? TakeText(string name) => Take(name) is { } node ? Text(node, Path(name)) : null;

    internal IReadOnlyList<string> TakeList(string name, bool orOne = false)
    {
        if (Take(name) is not { } node)
            return [];
        if (orOne && node is YamlScalarNode)
            return Text(node, Path(name)) is { } one ? [one] : [];
        if (node is not YamlSequenceNode sequence)
        {
            Add(FaultCodes.Malformed, name, node.Start, "this must be a list, such as [a, b].");
            return [];
        }

        var items = new List<string>();
        foreach (var (item, index) in sequence.Select((item, index) => (item, index)))
        {
            if (Text(item, string.Create(CultureInfo.InvariantCulture, $"{Path(name)}[{index}]")) is { } text)
                items.Add(text);
        }

        return items;
    }

    internal Dictionary<string, string> TakeMap(string name, Func<string, bool>? isKey = null, string badKey = "")
    {
        var map = new Dictionary<string, string>();
        if (TakeFields(name) is not { } fields)
            return map;
        foreach (var (key, field) in fields._fields)
        {
            if (isKey?.Invoke(key) == false)
                Add(FaultCodes.Malformed, $"{name}.{key}", field.Key.Start, badKey);
            else if (Text(field.Value, $"{Path(name)}.{key}") is { } text)
                map[key] = text;
        }

        return map;
    }

    /// <summary>Takes a text and turns it into a value; the message says what to write when it is not one.</summary>
    internal T TakeValue<T>(string name, Parser<T> parse, string expected, T otherwise)
    {
        if (Take(name) is not { } node || Text(node, Path(name)) is not { } text)
            return otherwise;
        if (parse(text, out var value))
            return value;
        Add(FaultCodes.Malformed, name, node.Start, $"'{text}' is not {expected}.");
        return otherwise;
    }

    internal T TakeChoice<T>(string name, (string Word, T Value)[] choices, string[] later, T otherwise)
    {
        if (Take(name) is not { } node || Text(node, Path(name)) is not { } text)
            return otherwise;
        foreach (var (word, value) in choices)
        {
            if (word == text)
                return value;
        }

        var words = string.Join(", ", choices.Select(c => c.Word));
        if (later.Contains(text))
            Add(FaultCodes.NotYet, name, node.Start, $"'{text}' comes with a later release; use {words}.");
        else
            Add(FaultCodes.Malformed, name, node.Start, $"'{text}' is not one of {words}.{Nearest(text, choices.Select(c => c.Word))}");
        return otherwise;
    }

    internal bool TakeFlag(string name)
        => TakeValue(name, (string text, out bool flag) => bool.TryParse(text, out flag), "true or false", false);

    /// <summary>Where a field's value stands; where the mapping begins when it is not there.</summary>
    internal Mark MarkOf(string name) => _fields.TryGetValue(name, out var field) ? field.Value.Start : Start;

    internal void Fail(string code, string name, Mark mark, string message) => Add(code, name, mark, message);

    internal void Fail(string name, Mark mark, string message) => Add(FaultCodes.Malformed, name, mark, message);

    /// <summary>Every field that was not taken is unknown.</summary>
    internal void RefuseRest()
    {
        foreach (var (name, field) in _fields)
            Add(FaultCodes.UnknownField, name, field.Key.Start, $"there is no such field.{Nearest(name, _known)}");
    }

    internal delegate bool Parser<T>(string text, out T value);

    private static string Nearest(string name, IEnumerable<string> known)
    {
        var best = known.Select(k => (Name: k, Distance: Distance(name, k))).OrderBy(k => k.Distance).FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(1, name.Length / 3) ? $" Did you mean '{best.Name}'?" : "";
    }

    /// <summary>Optimal string alignment: insertions, deletions, replacements and swapped neighbours.</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }

    private string? Text(YamlNode node, string path)
    {
        if (node is YamlScalarNode { Value: { Length: > 0 } value })
            return value;
        if (node is YamlScalarNode { Style: ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted })
            return "";
        _errors.Add(At(FaultCodes.Malformed, path, node.Start, node is YamlScalarNode ? "a value is missing." : "this must be a single value."));
        return null;
    }

    private string Path(string name) => _path.Length == 0 ? name : name.Length == 0 ? _path : $"{_path}.{name}";

    private void Add(string code, string name, Mark mark, string message) => _errors.Add(At(code, Path(name), mark, message));
}
