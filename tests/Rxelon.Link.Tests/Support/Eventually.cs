using System.Diagnostics;

namespace Rxelon.Link.Tests.Support;

/// <summary>Waits for a condition with a generous deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    internal static async Task TrueAsync(string what, Func<bool> condition, double seconds = 20)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(seconds), $"Not within {seconds} s: {what}");
            await Task.Delay(Pause);
        }
    }
}
