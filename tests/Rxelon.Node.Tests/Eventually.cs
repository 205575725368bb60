namespace Rxelon.Node.Tests;

/// <summary>Waits for something that will be so, with a generous deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    internal static async Task<T> GetAsync<T>(string what, Func<Task<T?>> get)
        where T : class
    {
        using var timer = new PeriodicTimer(Look);
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            if (await get() is { } value)
                return value;
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"It did not come to this within {Deadline}: {what}.");
            }
        }
    }

    internal static Task TrueAsync(string what, Func<Task<bool>> isSo)
        => GetAsync(what, async () => await isSo() ? what : null);
}
