using System.Text.Json;

namespace Rxelon.Node.Executors.Exo;

/// <summary>Lenient reading: what is missing or of another kind is null.</summary>
internal static class ExoJson
{
    internal static JsonElement? Member(this JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static string? Text(this JsonElement json, string name)
        => json.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    internal static long? Number(this JsonElement json, string name)
        => json.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    internal static double? Fraction(this JsonElement json, string name)
        => json.Member(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;

    internal static IEnumerable<JsonProperty> Members(this JsonElement? json)
        => json is { ValueKind: JsonValueKind.Object } value ? value.EnumerateObject() : [];

    internal static IEnumerable<JsonElement> Items(this JsonElement? json)
        => json is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    /// <summary>EXO's unions are objects with one member that names the class: its name and its fields.</summary>
    internal static (string Tag, JsonElement Fields) Tagged(this JsonElement json)
        => json.ValueKind == JsonValueKind.Object && json.EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.Object } only
            ? (only.Name, only.Value)
            : ("", json);
}
