using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;

namespace Rxelon.Hub.Http;

/// <summary>Long polls of a task: asks again at each change of it.</summary>
internal static class TaskPolling
{
    private const int LongestWaitSeconds = 25;

    /// <summary>
    /// The first answer that is refused or has something to show, else the last one when so many seconds are over (25 at most, 0 without).
    /// </summary>
    internal static async Task<TaskReply> UntilAsync(
        this HubCalls calls, ITaskCommand question, Func<TaskReply, bool> shows, int? seconds, TimeProvider time, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Clamp(seconds ?? 0, 0, LongestWaitSeconds)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        var changed = new SemaphoreSlim(0);
        var watcher = calls.System.ActorOf(Props.Create(() => new Watcher(changed)));
        try
        {
            // Watching before asking: nothing can happen in between unseen.
            calls.News.Tell(new Watch(question.Task, watcher), watcher);
            while (true)
            {
                var reply = await calls.AskAsync(question, cancel);
                if (reply is TaskRefused || shows(reply) || !await SeesAsync(changed, either.Token))
                    return reply;
            }
        }
        finally
        {
            calls.System.Stop(watcher);
        }
    }

    /// <summary>True when something changed, false when the wait is over.</summary>
    private static async Task<bool> SeesAsync(SemaphoreSlim changed, CancellationToken until)
    {
        try
        {
            await changed.WaitAsync(until);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(SemaphoreSlim changed) => Receive<TaskNews>(_ => changed.Release());
    }
}
