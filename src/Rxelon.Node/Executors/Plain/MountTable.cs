using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Rxelon.Node.Executors.Plain;

/// <summary>Reads the kernel's lists of mounts and swap (formats: proc(5), mountinfo and swaps).</summary>
[SupportedOSPlatform("linux")]
internal static partial class MountTable
{
    /// <summary>Mount points at or below <paramref name="path"/>, the deepest first.</summary>
    internal static IReadOnlyList<string> Under(string path)
        => [.. Points().Select(m => m.Point)
            .Where(p => p == path || p.StartsWith(path + "/", StringComparison.Ordinal))
            .OrderByDescending(p => p.Length)];

    /// <summary>Type of the file system mounted exactly there; null when nothing is.</summary>
    internal static string? TypeAt(string path) => Points().LastOrDefault(m => m.Point == path).Type;

    /// <summary>The swap areas in use; empty when swap is off.</summary>
    internal static IReadOnlyList<string> Swaps()
        => [.. File.ReadLines("/proc/swaps").Skip(1).Where(l => l.Length > 0).Select(l => l.Split(' ', '\t')[0])];

    private static IEnumerable<(string Point, string Type)> Points()
        => File.ReadLines("/proc/self/mountinfo").Select(line =>
        {
            var fields = line.Split(' ');
            return (Unescape(fields[4]), fields[Array.IndexOf(fields, "-") + 1]);
        });

    private static string Unescape(string text)
        => Escape().Replace(text, m => ((char)Convert.ToInt32(m.Value[1..], 8)).ToString());

    [GeneratedRegex(@"\\[0-7]{3}")]
    private static partial Regex Escape();
}
