using Akka.Actor;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Live;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>Logs of attempts as they come (docs/design/logs.md): ciphertext, for the task's owner only.</summary>
internal static class TaskLogsEndpoints
{
    private const int LongestWaitSeconds = 25;

    private static readonly Fault Gone = new(FaultCodes.Erased, "The task's ciphertext, logs included, was erased.", Culprit.Input);

    internal static void MapTaskLogs(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/tasks/{id}").WithMetadata(NeedsAccount.Instance);
        group.MapGet("/logs", ListAsync).Produces<TaskLogsResponse>()
            .WithSummary("The attempts that have logs. ?after=BYTES&wait=SECONDS (25 at most): waits until there are more bytes than that.");
        group.MapGet("/parts/{part}/attempts/{attempt}/log", ReadAsync).Produces<byte[]>(200, "application/octet-stream")
            .WithSummary("One attempt's log, encrypted: u32 number, u32 length, chunk, and so on. ?from=CHUNK; &wait=SECONDS waits for one.");
    }

    private static Task<IResult> ListAsync(
        TaskId id, long? after, int? wait, Caller caller, HubCalls calls, ILogStore logs, TimeProvider time, CancellationToken cancel)
        => AnswerAsync<IReadOnlyList<StoredLog>>(
            id, wait, caller, calls, logs, time, () => logs.List(id), found => found.Sum(l => l.Bytes) > (after ?? -1),
            (view, found) => Answers.Json(new TaskLogsResponse(
                view.Phase.ToString(), found.Sum(l => l.Bytes), [.. found.Select(l => new AttemptLogInfo(l.Part, l.Attempt, l.Bytes, l.Next))])),
            cancel);

    private static Task<IResult> ReadAsync(
        TaskId id, int part, int attempt, uint? from, int? wait, Caller caller, HubCalls calls, ILogStore logs, TimeProvider time, CancellationToken cancel)
        => AnswerAsync(
            id, wait, caller, calls, logs, time, () => logs.Read(new AttemptId(id, part, attempt), from ?? 0), found => found.Length > 0,
            (_, found) => Results.Bytes(found, "application/octet-stream"), cancel);

    /// <summary>Looks until it is enough, the task has ended, or the wait is over.</summary>
    private static async Task<IResult> AnswerAsync<T>(
        TaskId id, int? wait, Caller caller, HubCalls calls, ILogStore logs, TimeProvider time, Func<T> look, Func<T, bool> isEnough,
        Func<TaskView, T, IResult> answer, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Clamp(wait ?? 0, 0, LongestWaitSeconds)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        // Watching before looking: nothing can come in between unseen.
        using var watch = logs.Watch(id);
        using var end = new EndWatch(calls, id);
        while (true)
        {
            var reply = await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), cancel);
            if (reply is not TaskView view)
                return Answers.Problem(((TaskRefused)reply).Fault);
            if (view.Erased)
                return Answers.Problem(Gone);
            var found = look();
            if (isEnough(found) || view.Phase.HasEnded() || !await ComesAsync(watch, end, either.Token))
                return answer(view, found);
        }
    }

    /// <summary>True when something was written or the task ended, false when the wait is over.</summary>
    private static async Task<bool> ComesAsync(ILogWatch watch, EndWatch end, CancellationToken until)
    {
        var written = watch.ChangedAsync(until);
        var first = await Task.WhenAny(written, end.Ended.WaitAsync(until));
        return !first.IsCanceled;
    }

    /// <summary>Learns when the task ends.</summary>
    private sealed class EndWatch : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HubCalls _calls;
        private readonly IActorRef _watcher;

        internal EndWatch(HubCalls calls, TaskId task)
        {
            _calls = calls;
            _watcher = calls.System.ActorOf(Props.Create(() => new Watcher(_ended)));
            calls.News.Tell(new Watch(task, _watcher), _watcher);
        }

        internal Task Ended => _ended.Task;

        public void Dispose() => _calls.System.Stop(_watcher);
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(TaskCompletionSource ended) => Receive<TaskNews>(n =>
        {
            if (n.Phase.HasEnded())
                ended.TrySetResult();
        });
    }
}
