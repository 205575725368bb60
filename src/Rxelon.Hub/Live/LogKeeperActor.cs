using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Live;

/// <summary>
/// Ends the life of logs: when their time after the task's end is over, and when their task is erased or unknown. Tasks are asked, a
/// portion at a time, until they have ended; then the time is known. Keeps nothing durable: a new hub asks again.
/// </summary>
internal sealed class LogKeeperActor : ReceiveActor, IWithTimers
{
    private const int Portion = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TaskId, Ended> _ended = [];
    private readonly ILogStore _logs;
    private readonly IBlobStore _blobs;
    private readonly IReadOnlyActorRegistry _registry;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;

    public LogKeeperActor(ILogStore logs, IBlobStore blobs, IReadOnlyActorRegistry registry, TimeProvider time, TimeSpan every)
    {
        _logs = logs;
        _blobs = blobs;
        _registry = registry;
        _time = time;
        _every = every;
        Receive<Look>(_ => OnLook());
        Receive<TaskView>(OnView);
        Receive<TaskRefused>(OnRefused);
        Receive<Status.Failure>(m => _log.Warning(m.Cause, "A task or its blobs did not answer; its logs are looked at again"));
        Receive<Status.Success>(_ => { });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("look", Look.Instance, _every);

    private void OnLook()
    {
        if (!_registry.TryGet<TaskRegion>(out var region))
            return;
        var now = _time.GetUtcNow();
        var tasks = _logs.Tasks();
        foreach (var gone in _ended.Keys.Except(tasks).ToList())
            _ended.Remove(gone);
        foreach (var task in tasks.Where(t => _ended.TryGetValue(t, out var ended) && ended.Until <= now).ToList())
            End(task, _ended[task]);
        foreach (var task in tasks.Where(t => !_ended.ContainsKey(t)).OrderBy(_ => Random.Shared.Next()).Take(Portion))
            region.Ask<TaskReply>(new GetTask(task, null, now), Patience).PipeTo(Self);
    }

    private void OnView(TaskView view)
    {
        if (view.Erased)
            _logs.Erase(view.Task);
        else if (TaskRetention.LogsUntil(view) is { } until)
            _ended[view.Task] = new Ended(view.Owner, until, view.FailureLogs);
        if (_ended.TryGetValue(view.Task, out var ended) && ended.Until <= _time.GetUtcNow())
            End(view.Task, ended);
    }

    private void OnRefused(TaskRefused refused)
    {
        if (refused.Fault.Code == FaultCodes.NotFound)
            _logs.Erase(refused.Task);
    }

    private void End(TaskId task, Ended ended)
    {
        _ended.Remove(task);
        _logs.Erase(task);
        if (ended.Blobs.Count > 0)
        {
            _blobs.ReleaseAsync(ended.Owner, [.. ended.Blobs.Select(b => b.Id)], CancellationToken.None)
                .PipeTo(Self, success: () => new Status.Success(task));
        }
    }

    private sealed record Ended(AccountId Owner, DateTimeOffset Until, IReadOnlyList<Shared.Workloads.BlobRef> Blobs);

    private sealed class Look : INoSerializationVerificationNeeded
    {
        internal static Look Instance { get; } = new();
    }
}
