using Akka.Actor;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Projections;

/// <summary>
/// Sees to it that nothing unfinished sleeps: entities are not remembered by the cluster, and one whose write failed has
/// stopped. At the start it wakes every open task and every account with money to send, then again and again what is due,
/// in small portions so that a restart with many open tasks does not choke the hub. It also carries the word of a lie to every verified task
/// that is open.
/// </summary>
internal sealed class ScannerActor : UntypedActor, IWithTimers
{
    private const int Portion = 200;

    private static readonly TimeSpan BetweenPortions = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(10);

    /// <summary>A hub that was down longer than this has lost an erasure only if it crashed in that very moment.</summary>
    private static readonly TimeSpan ErasedLately = TimeSpan.FromDays(1);

    private readonly IndexReader _index;
    private readonly Neighbours _others;
    private readonly TimeProvider _time;
    private DueTask _task;
    private string _account = "";
    private bool _started;

    public ScannerActor(IndexReader index, Neighbours others, TimeProvider time)
    {
        _index = index;
        _others = others;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!; // set by Akka before the first message

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(IndexCaughtUp));
        Context.System.EventStream.Subscribe(Self, typeof(SpreadDistrust));
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, BetweenSweeps); // whatever the index does meanwhile
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IndexCaughtUp when !_started:
                _started = true;
                foreach (var id in _index.ErasedSince(_time.GetUtcNow() - ErasedLately))
                    Wake(id);
                foreach (var id in _index.Quarantined())
                    _others.Nodes.Tell(new GetNode(NodeId.Parse(id), _time.GetUtcNow()), ActorRefs.NoSender); // its record owes a word to open tasks
                Sweep();
                break;
            case SpreadDistrust e:
                foreach (var id in _index.OpenVerified())
                    _others.Tasks.Tell(new DistrustOperator(TaskId.Parse(id), e.Operator, e.Node, e.LiedIn, e.Since, _time.GetUtcNow()), ActorRefs.NoSender);
                break;
            case IndexCaughtUp:
                break;
            case Tick:
                Sweep();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Sweep()
    {
        var now = _time.GetUtcNow();
        var tasks = _index.DueTasks(now, _task, Portion);
        foreach (var task in tasks)
            Wake(task.Id);
        var accounts = tasks.Count < Portion ? _index.DueAccounts(_account, Portion) : [];
        foreach (var id in accounts)
            _others.Accounts.Tell(new PayOut(AccountId.Parse(id), now), ActorRefs.NoSender);
        var more = tasks.Count == Portion || accounts.Count == Portion;
        _task = !more ? default : tasks.Count > 0 ? tasks[^1] : _task;
        _account = more && accounts.Count > 0 ? accounts[^1] : "";
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, more ? BetweenPortions : BetweenSweeps);
    }

    private void Wake(string task)
        => _others.Tasks.Tell(new WakeTask(TaskId.Parse(task), _time.GetUtcNow()), ActorRefs.NoSender);

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        internal static readonly Tick Instance = new();
    }
}
