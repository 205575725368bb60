using System.Diagnostics;

namespace Rxelon.Drills;

/// <summary>Awaits a condition with a deadline; the message says what was last seen.</summary>
public static class Eventually
{
    public static async Task<T> SeeAsync<T>(string what, TimeSpan deadline, Func<Task<T?>> look)
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            try
            {
                if (await look() is { } seen)
                    return seen;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or InvalidOperationException)
            {
                last = e;
            }
        }
        while (watch.Elapsed < deadline && await tick.WaitForNextTickAsync());

        throw new TimeoutException($"Not seen within {deadline}: {what}", last);
    }

    public static Task TrueAsync(string what, TimeSpan deadline, Func<Task<bool>> look)
        => SeeAsync(what, deadline, async () => await look() ? "yes" : null);
}
