using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Projections;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>
/// Closes an account: its open tasks are cancelled, all are erased, its blobs released. Each step is harmless to repeat; pay
/// that is still on its way makes the answer <c>not-yet</c>, and the caller asks again.
/// </summary>
internal sealed class AccountClosing(HubCalls calls, ITaskIndex tasks, IBlobStore blobs, ApiKeys keys, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    internal async Task<IResult> CloseAsync(AccountId account, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        using var pace = new PeriodicTimer(Pace, time);
        while (await EraseTasksAsync(account, cancel) is { } fault || (fault = await CloseOnceAsync(account, cancel)) is not null)
        {
            if (fault.Code != FaultCodes.NotYet || time.GetElapsedTime(start) > Patience)
                return Answers.Problem(fault);
            await pace.WaitForNextTickAsync(cancel);
        }

        keys.Forget(account);
        await blobs.ReleaseAllAsync(account, cancel);
        return Results.NoContent();
    }

    // A task that the index does not know yet holds money, so the account refuses to close before it was found here.
    private async Task<Fault?> CloseOnceAsync(AccountId account, CancellationToken cancel)
        => await calls.AskAsync(new CloseAccount(account, time.GetUtcNow()), cancel) is AccountRefused refused ? refused.Fault : null;

    private async Task<Fault?> EraseTasksAsync(AccountId account, CancellationToken cancel)
    {
        Fault? first = null;
        foreach (var task in tasks.Find(null, account, null, int.MaxValue).Where(t => !t.Erased))
        {
            var now = time.GetUtcNow();
            if (task.EndedAt is null)
                await calls.AskAsync(new CancelTask(task.Task, account, now), cancel);
            if (await calls.AskAsync(new EraseTask(task.Task, account, "account closed", now), cancel) is TaskRefused refused)
                first ??= refused.Fault;
        }

        return first;
    }
}
