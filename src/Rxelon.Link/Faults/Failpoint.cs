using System.Diagnostics;
using System.Globalization;

namespace Rxelon.Link.Faults;

/// <summary>
/// Named places where a drill may kill this process as <c>kill -9</c> would. Off unless the environment variable
/// <c>RXELON_FAILPOINT</c> holds <c>name@count</c>: the process dies when that place is reached for the count-th time.
/// Names: <c>hub.persist.{manifest}.before|after</c>, <c>hub.frame.{body}.in|out</c>, <c>node.frame.{body}.in|out</c>,
/// where body is the frame's BodyCase, such as <c>PartsReady</c>.
/// Used by the fault plan (docs/design/failure-modes.md); it can only end the process, never change what it does.
/// </summary>
public static class Failpoint
{
    private static readonly (string Name, int Count) Armed = Read(Environment.GetEnvironmentVariable("RXELON_FAILPOINT"));
    private static int _hits;

    /// <summary>True when some place is armed: callers skip building names otherwise.</summary>
    public static bool IsArmed => Armed.Count > 0;

    /// <summary>Marks that the place was reached; does not return when it is the armed one and its count is up.</summary>
    public static void Hit(string place)
    {
        if (Armed.Count == 0 || !string.Equals(place, Armed.Name, StringComparison.Ordinal))
            return;
        if (Interlocked.Increment(ref _hits) == Armed.Count)
            Process.GetCurrentProcess().Kill();
    }

    internal static (string Name, int Count) Read(string? setting)
    {
        if (string.IsNullOrEmpty(setting))
            return ("", 0);
        var at = setting.LastIndexOf('@');
        return at > 0 && int.TryParse(setting.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? (setting[..at], count)
            : throw new FormatException("RXELON_FAILPOINT is not name@count.");
    }
}
