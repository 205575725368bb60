namespace Rxelon.Hub.Tests;

/// <summary>Waits for a condition by asking again; fails with the last answer after a generous deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    internal static async Task<T> Async<T>(Func<Task<T>> ask, Func<T, bool> holds)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var answer = await ask();
            if (holds(answer))
                return answer;
            if (deadline.IsCancellationRequested)
                throw new TimeoutException($"Still not so after {Deadline}: {answer}");
            await pace.WaitForNextTickAsync();
        }
    }

    internal static Task<T> Async<T>(Func<T> ask, Func<T, bool> holds) => Async(() => Task.FromResult(ask()), holds);
}
