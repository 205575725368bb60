using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Rxelon.Node.Config;

namespace Rxelon.Node.Integrity;

/// <summary>Marks an option that is not measured: a secret, or something that says nothing about how the node works.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotMeasuredAttribute : Attribute;

/// <summary>
/// The options in force as canonical bytes: a line <c>name=value</c>, the value as JSON, for each public option that is not at its default, by
/// ordinal order of the names; sets and dictionaries in order as well. An option that a later version adds changes nothing until
/// it is used.
/// </summary>
internal static class ConfigurationBytes
{
    private static readonly NodeOptions Defaults = new() { StateDirectory = "" };

    internal static byte[] Of(NodeOptions options)
    {
        var text = new StringBuilder();
        var properties = typeof(NodeOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetCustomAttribute<NotMeasuredAttribute>() is null && p.GetIndexParameters().Length == 0);
        foreach (var property in properties.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            var value = Text(property.GetValue(options));
            if (value != Text(property.GetValue(Defaults)))
                text.Append(property.Name).Append('=').Append(value).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Text(object? value) => value switch
    {
        string or null => JsonSerializer.Serialize(value),
        IReadOnlyDictionary<string, string> map => JsonSerializer.Serialize(new SortedDictionary<string, string>(map.ToDictionary(), StringComparer.Ordinal)),
        IList list => JsonSerializer.Serialize(list.Cast<object?>().Select(Text)),
        IEnumerable set => JsonSerializer.Serialize(set.Cast<object?>().Select(Text).Order(StringComparer.Ordinal)),
        _ => JsonSerializer.Serialize(value, value.GetType()),
    };
}
