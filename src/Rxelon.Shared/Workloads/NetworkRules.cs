using System.Globalization;
using System.Text.RegularExpressions;

namespace Rxelon.Shared.Workloads;

/// <summary>
/// Where a program may connect to: <c>HOST:PORT</c> each, where HOST may begin with <c>*.</c> for all names below. Not secret: nodes
/// are chosen by it.
/// </summary>
public sealed record NetworkRequest(IReadOnlyList<string> Allow)
{
    /// <summary>Entries of one task.</summary>
    public const int Most = 32;
}

/// <summary>Destinations by name: what tasks ask for, what operators agree to, what is connected to.</summary>
public static partial class NetworkRules
{
    /// <summary>An operator's rule that agrees to every destination.</summary>
    public const string Any = "any";

    private const int LongestHost = 253;

    /// <summary>True for <c>[*.]HOST:PORT</c>, in lower case.</summary>
    public static bool IsDestination(string text) => Split(text) is (_, > 0);

    /// <summary>True for what an operator may agree to: <c>any</c>, <c>[*.]HOST</c> or <c>[*.]HOST:PORT</c>.</summary>
    public static bool IsAgreement(string text) => text == Any || Split(text) is not null;

    /// <summary>Whether an operator with these rules agrees to every destination of the task.</summary>
    public static bool Agrees(IReadOnlyList<string> rules, NetworkRequest request)
        => request.Allow.All(wanted => Split(wanted) is var (host, port) && rules.Any(r => Covers(r, host, port)));

    /// <summary>Whether one of the rules, a task's or an operator's, allows the connection.</summary>
    public static bool Allows(IReadOnlyList<string> rules, string host, int port) => rules.Any(r => Covers(r, host.ToLowerInvariant(), port));

    private static bool Covers(string rule, string host, int port)
    {
        if (rule == Any)
            return true;
        if (Split(rule) is not var (allowed, allowedPort) || (allowedPort > 0 && allowedPort != port))
            return false;
        return host == allowed
            || (allowed.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(allowed[1..], StringComparison.Ordinal) && host.Length >= allowed.Length);
    }

    /// <summary>Host and port, 0 when there is none; null when the text is neither.</summary>
    private static (string Host, int Port)? Split(string text)
    {
        var match = Destination().Match(text);
        if (!match.Success || match.Groups[1].Length > LongestHost)
            return null;
        if (!match.Groups[2].Success)
            return (match.Groups[1].Value, 0);
        return int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535
            ? (match.Groups[1].Value, port)
            : null;
    }

    [GeneratedRegex("^((?:\\*\\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::([0-9]{1,5}))?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Destination();
}
