using System.Diagnostics;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>Waits for a condition with a generous deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns how long it took.</summary>
    internal static async Task<TimeSpan> TrueAsync(string what, Func<bool> condition, double seconds = 30)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(seconds), $"Not within {seconds} s: {what}");
            await Task.Delay(Pause);
        }

        return since.Elapsed;
    }
}
