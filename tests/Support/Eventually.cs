using System.Diagnostics;

namespace Rxelon.Testing;

/// <summary>Waits for what will be so, by looking again and again, with a generous deadline.</summary>
internal static class Eventually
{
    private const double Generous = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The first answer that is not null.</summary>
    internal static async Task<T> GetAsync<T>(string what, Func<Task<T?>> get, double seconds = Generous)
        where T : class
    {
        var since = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(Pause);
        while (true)
        {
            if (await get() is { } value)
                return value;
            if (since.Elapsed > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"Not within {seconds} s: {what}.");
            await pace.WaitForNextTickAsync();
        }
    }

    /// <summary>The first answer of which <paramref name="holds"/> is true.</summary>
    internal static async Task<T> Async<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        object? last = null;
        try
        {
            var fits = await GetAsync("an answer that fits", async () =>
            {
                var now = await ask();
                last = now;
                return holds(now) ? new Box<T>(now) : null;
            });
            return fits.Value;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} The last one: {last}");
        }
    }

    internal static Task<T> Async<T>(Func<T> ask, Func<T, bool> holds) => Async(() => Task.FromResult(ask()), holds);

    internal static Task TrueAsync(string what, Func<Task<bool>> isSo, double seconds = Generous)
        => GetAsync(what, async () => await isSo() ? what : null, seconds);

    /// <summary>Returns how long it took.</summary>
    internal static async Task<TimeSpan> TrueAsync(string what, Func<bool> isSo, double seconds = Generous)
    {
        var since = Stopwatch.StartNew();
        await TrueAsync(what, () => Task.FromResult(isSo()), seconds);
        return since.Elapsed;
    }

    private sealed record Box<T>(T Value);
}
