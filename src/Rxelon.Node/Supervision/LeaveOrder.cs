using Rxelon.Node.Executors;

namespace Rxelon.Node.Supervision;

/// <summary>That an attempt's program has to leave, once given: a signal where there is one, some time, then its end.</summary>
internal sealed class LeaveOrder : IAsyncDisposable
{
    /// <summary>From the signal to the end. Short: machines that shut down do not wait, and the hub has to hear of it too.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private Task _giving = Task.CompletedTask;

    /// <summary>Cancelled when the program has had its time.</summary>
    internal CancellationToken Token => _end.Token;

    internal bool IsGiven { get; private set; }

    /// <summary>Gives it once; done when the run has been ended or is about to.</summary>
    internal Task GiveAsync(ISandbox? sandbox, Task run, TimeProvider time)
    {
        if (IsGiven)
            return _giving;
        IsGiven = true;
        return _giving = EndAsync(sandbox, run, time);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _giving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task EndAsync(ISandbox? sandbox, Task run, TimeProvider time)
    {
        if (sandbox is not null && await sandbox.AskToEndAsync().ConfigureAwait(false))
        {
            using var over = new CancellationTokenSource();
            await Task.WhenAny(run, Task.Delay(Grace, time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        await _end.CancelAsync().ConfigureAwait(false);
    }
}
