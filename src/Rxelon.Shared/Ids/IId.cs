using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rxelon.Shared.Ids;

/// <summary>A typed identifier with one text form.</summary>
public interface IId<TSelf>
    where TSelf : struct, IId<TSelf>
{
    /// <summary>What it names, for messages: "task", "account", "node", "blob".</summary>
    static abstract string Kind { get; }

    /// <summary>Parses the text form; false for anything else.</summary>
    static abstract bool TryParse(string? text, out TSelf id);
}

/// <summary>Writes identifiers as their text form; a malformed one is a <see cref="JsonException"/>.</summary>
public sealed class IdJsonConverter<T> : JsonConverter<T>
    where T : struct, IId<T>
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => T.TryParse(reader.GetString(), out var id) ? id : throw new JsonException($"This is not a {T.Kind} id.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        => writer.WriteStringValue(value.ToString());

    /// <inheritdoc/>
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => Read(ref reader, typeToConvert, options);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        => writer.WritePropertyName(value.ToString() ?? "");
}
