using System.Text.Json.Serialization;

namespace Rxelon.Shared.Ids;

/// <summary>Names a task; chosen at random by the user's client, bound into every ciphertext of the task. Text form: <c>t_</c> and 26 base32 characters.</summary>
[JsonConverter(typeof(IdJsonConverter<TaskId>))]
public readonly record struct TaskId : IId<TaskId>
{
    private const string Prefix = "t_";
    private readonly Id128 _id;

    private TaskId(Id128 id) => _id = id;

    /// <inheritdoc/>
    public static string Kind => "task";

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsUnset => _id.Bits == 0;

    /// <summary>Reads 16 bytes; throws <see cref="FormatException"/> on another length or all zeros.</summary>
    public static TaskId FromBytes(ReadOnlySpan<byte> bytes) => new(Id128.FromBytes(bytes));

    /// <inheritdoc/>
    public static bool TryParse(string? text, out TaskId id)
    {
        var ok = Id128.TryParse(text, Prefix, out var bits);
        id = new TaskId(bits);
        return ok;
    }

    /// <summary>Parses the text form or throws <see cref="FormatException"/>.</summary>
    public static TaskId Parse(string text)
        => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a {Kind} id.");

    /// <summary>The 16 bytes; throws for <c>default</c>.</summary>
    public byte[] ToBytes() => _id.ToBytes();

    /// <inheritdoc/>
    public override string ToString() => _id.ToText(Prefix);
}
