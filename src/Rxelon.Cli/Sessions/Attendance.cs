using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Follows a task while other work for it goes on beside.</summary>
internal static class Attendance
{
    /// <summary>
    /// Runs all of it at once, until <paramref name="following"/> has seen the task's end (its answer then), or a fault of what goes on beside. What is left
    /// then is called off and waited for.
    /// </summary>
    internal static async Task<Fault?> WhileAsync(
        Func<CancellationToken, Task<Fault?>> following, IReadOnlyList<Func<CancellationToken, Task<Fault?>>> beside, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var main = following(over.Token);
        List<Task<Fault?>> all = [main, .. beside.Select(b => b(over.Token))];
        try
        {
            for (var open = all.ToList(); ;)
            {
                var ended = await Task.WhenAny(open).ConfigureAwait(false);
                // What ended beside without a fault has seen the end; who follows sees it too.
                if (await ended.ConfigureAwait(false) is { } fault || ended == main)
                    return await ended.ConfigureAwait(false);
                open.Remove(ended);
            }
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (var task in all)
                await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whichever ended first has told; the others were called off
        }
    }
}
