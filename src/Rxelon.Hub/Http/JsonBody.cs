using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>A request part that may be wrong; <see cref="RequestGate"/> answers the fault before the handler runs.</summary>
internal interface ICheckedRequest
{
    Fault? Fault { get; }

    /// <summary>The member that is wrong, when one can be named.</summary>
    string? Field { get; }
}

/// <summary>
/// A JSON body read strictly: a member that the type does not have is refused by name, and so are missing ones and nulls.
/// </summary>
internal sealed partial class JsonBody<T> : ICheckedRequest, IBindableFromHttpContext<JsonBody<T>>
    where T : class
{
    private readonly T? _value;

    private JsonBody(T value) => _value = value;

    private JsonBody(Fault fault, string? field)
    {
        Fault = fault;
        Field = field;
    }

    public Fault? Fault { get; }

    public string? Field { get; }

    internal T Value => _value ?? throw new InvalidOperationException("A wrong body was not refused.");

    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        if (!context.Request.HasJsonContentType())
            return Refuse("The body must be application/json.");
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, Strict.TypeInfo, context.RequestAborted).ConfigureAwait(false) is { } value
                ? new JsonBody<T>(value)
                : Refuse("The body is null.");
        }
        catch (JsonException e)
        {
            return Explain(e);
        }
        catch (BadHttpRequestException e)
        {
            return new JsonBody<T>(BadRequests.Explain(e), null);
        }
    }

    private static JsonBody<T> Explain(JsonException e)
    {
        if (Unmapped().Match(e.Message) is { Success: true } unknown)
        {
            var name = unknown.Groups[1].Value;
            return new JsonBody<T>(new Fault(FaultCodes.UnknownField, $"There is no member '{name}' here.", Culprit.Input), Join(e.Path, name));
        }

        if (Missing().Match(e.Message) is { Success: true } missing)
        {
            var name = missing.Groups[1].Value;
            return new JsonBody<T>(new Fault(FaultCodes.Malformed, $"The member '{name}' is missing.", Culprit.Input), Join(e.Path, name));
        }

        var place = e.Path is { Length: > 2 } path ? path[2..] : null;
        return new JsonBody<T>(new Fault(FaultCodes.Malformed, $"The body cannot be read{(place is null ? "" : $" at {place}")}.", Culprit.Input), place);
    }

    // The path of an unmapped member ends with its name in some cases and with its parent's in others.
    private static string Join(string? path, string name)
    {
        var parent = path is { Length: > 2 } p ? p[2..] : "";
        return parent.Length == 0 || parent == name || parent.EndsWith("." + name, StringComparison.Ordinal)
            ? parent.Length == 0 ? name : parent
            : $"{parent}.{name}";
    }

    private static JsonBody<T> Refuse(string why) => new(new Fault(FaultCodes.Malformed, why, Culprit.Input), null);

    [GeneratedRegex(@"JSON property '([^']*)' could not be mapped")]
    private static partial Regex Unmapped();

    [GeneratedRegex(@"missing required properties[^']*'([^']*)'")]
    private static partial Regex Missing();

    private static class Strict
    {
        private static readonly JsonSerializerOptions Options = new(ApiJson.Default.Options)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };

        internal static JsonTypeInfo<T> TypeInfo { get; } = (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
    }
}
