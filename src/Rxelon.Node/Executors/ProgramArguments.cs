using System.Globalization;

namespace Rxelon.Node.Executors;

/// <summary>Fills the part's number, the number of parts and the round into a program's arguments.</summary>
internal static class ProgramArguments
{
    /// <summary>Replaces <c>{part}</c> (from 0), <c>{parts}</c> and <c>{round}</c> (from 1) wherever they occur.</summary>
    internal static string[] Fill(IEnumerable<string> arguments, SandboxSpec spec)
    {
        var part = spec.Part.ToString(CultureInfo.InvariantCulture);
        var parts = spec.Parts.ToString(CultureInfo.InvariantCulture);
        var round = spec.Round.ToString(CultureInfo.InvariantCulture);
        return [.. arguments.Select(a => a
            .Replace("{part}", part, StringComparison.Ordinal)
            .Replace("{parts}", parts, StringComparison.Ordinal)
            .Replace("{round}", round, StringComparison.Ordinal))];
    }
}
