using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rxelon.ExoDouble;

/// <summary>EXO's answers as they were rebuilt from its own types (main @ b5375f8c); the double serves them byte for byte.</summary>
public static class Golden
{
    /// <summary>The one model that the samples are about.</summary>
    public const string Model = "mlx-community/Llama-3.2-1B-Instruct-4bit";

    public const string StudioId = "7f3c1a90b2d44e6f8a1b5c6d7e8f9012";

    public const string MiniId = "c41d0e5599a84b7cb3f2a1908d7e6f54";

    public const string InstanceId = "7da2456f-3425-4fa8-9311-cf683b946f28";

    /// <summary>Memory of both members, in bytes.</summary>
    public const long MemoryTotal = 154618822656;

    public const long MemoryFree = 108447924224;

    private const string CardMark = "\"«CARD»\"";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A file of the samples, with the model's card where they refer to it.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(Golden).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = reader.ReadToEnd();
        return name == "model-card.json" ? text : text.Replace(CardMark, Read("model-card.json"), StringComparison.Ordinal);
    }

    /// <summary>Compact, as EXO writes JSON.</summary>
    public static string Write(JsonNode? json) => json?.ToJsonString(Plain) ?? "null";

    internal static JsonObject Parse(string name) => JsonNode.Parse(Read(name))!.AsObject();
}
