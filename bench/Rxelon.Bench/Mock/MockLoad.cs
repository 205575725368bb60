using Akka.Actor;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Bench.Mock;

/// <summary>Drives a <see cref="MockHub"/> and checks what it did.</summary>
internal static class MockLoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Submits tasks, so many at a time, and returns when all completed and every hold is closed. The orders are made ahead, so that
    /// only the hub's work is timed, or with <paramref name="asNeeded"/> one by one, so that only the hub's memory grows.
    /// </summary>
    internal static async Task RunTasksAsync(
        this MockHub hub, IReadOnlyList<AccountId> owners, int tasks, int parts, int inFlight, bool asNeeded = false)
    {
        var orders = Enumerable.Range(0, tasks).Select(i => MockHub.Order(owners[i % owners.Count], parts));
        if (!asNeeded)
            orders = orders.ToList();
        await DriveAsync(hub, owners, orders, tasks, inFlight, 0);
    }

    /// <summary>As <see cref="RunTasksAsync"/> with one-part tasks at a steady pace, however many of them are under way.</summary>
    internal static Task RunPacedAsync(this MockHub hub, IReadOnlyList<AccountId> owners, int tasks, int perSecond)
        => DriveAsync(
            hub, owners, Enumerable.Range(0, tasks).Select(i => MockHub.Order(owners[i % owners.Count], 1)), tasks, 0, perSecond / Driver.BeatsPerSecond);

    private static async Task DriveAsync(
        MockHub hub, IReadOnlyList<AccountId> owners, IEnumerable<SubmitTask> orders, int tasks, int inFlight, int eachBeat)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var driver = hub.System.ActorOf(Props.Create(() => new Driver(hub, orders, tasks, inFlight, eachBeat, done)));
        await done.Task.WaitAsync(Patience);
        hub.System.Stop(driver);
        foreach (var owner in owners)
            await UntilAsync(hub, owner, a => a.Held == Tokens.Zero);
    }

    /// <summary>
    /// Waits until nothing is held, owed or under way, and checks that all money is somewhere: what was granted to the owners is
    /// what they, the operators and the treasury have now.
    /// </summary>
    internal static async Task MoneyAtRestAsync(this MockHub hub, IReadOnlyList<AccountId> owners, Tokens granted)
    {
        var sum = Tokens.Zero;
        foreach (var owner in owners)
            sum += (await UntilAsync(hub, owner, a => a.Held + a.Owed + a.InTransit == Tokens.Zero)).Available;
        foreach (var payee in MockNodes.Operators.Append(AccountIds.Treasury))
            sum += (await hub.AccountAsync(payee)).Available;

        if (sum != granted * owners.Count)
            throw new InvalidOperationException($"{granted * owners.Count} tokens were granted and {sum} are there.");
    }

    private static async Task<AccountView> UntilAsync(MockHub hub, AccountId account, Func<AccountView, bool> holds)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            var view = await hub.AccountAsync(account);
            if (holds(view))
                return view;
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }

    private sealed class Driver : UntypedActor, IWithTimers
    {
        internal const int BeatsPerSecond = 50;
        private static readonly object Beat = new();

        private readonly MockHub _hub;
        private readonly IEnumerator<SubmitTask> _orders;
        private readonly int _tasks;
        private readonly int _eachBeat;
        private readonly TaskCompletionSource _done;
        private int _completed;

        public Driver(MockHub hub, IEnumerable<SubmitTask> orders, int tasks, int inFlight, int eachBeat, TaskCompletionSource done)
        {
            _hub = hub;
            _orders = orders.GetEnumerator();
            _tasks = tasks;
            _eachBeat = eachBeat;
            _done = done;
            for (var i = 0; i < inFlight; i++)
                SubmitNext();
        }

        public ITimerScheduler Timers { get; set; } = null!; // set by Akka before PreStart

        protected override void PreStart()
        {
            if (_eachBeat > 0)
                Timers.StartPeriodicTimer(nameof(Beat), Beat, TimeSpan.FromSeconds(1.0 / BeatsPerSecond));
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case var beat when ReferenceEquals(beat, Beat):
                    for (var i = 0; i < _eachBeat; i++)
                        SubmitNext();
                    break;
                case TaskNews { Phase: TaskPhase.Completed } news:
                    _hub.News.Tell(new Unwatch(news.Task, Self));
                    if (++_completed == _tasks)
                        _done.TrySetResult();
                    else if (_eachBeat == 0)
                        SubmitNext();
                    break;
                case TaskNews { Phase: > TaskPhase.Completed } news:
                    _done.TrySetException(new InvalidOperationException($"A task ended as {news.Phase}: {news.Reason}"));
                    break;
                case TaskRefused refused:
                    _done.TrySetException(new InvalidOperationException(refused.Fault.ToString()));
                    break;
            }
        }

        private void SubmitNext()
        {
            if (!_orders.MoveNext())
                return;
            var order = _orders.Current with { At = DateTimeOffset.UtcNow };
            _hub.News.Tell(new Watch(order.Task, Self));
            _hub.Tasks.Tell(order);
        }
    }
}
