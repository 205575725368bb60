using Akka.Actor;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// Commands to entities that are repeated until they are answered. Delivery is at most once and entities move and restart, but
/// every command is idempotent; asking gives each repetition its own answer. Owned by one actor, which passes
/// <see cref="Answered"/>, <see cref="Unanswered"/> and <see cref="Again"/> back in.
/// </summary>
internal sealed class Calls(IActorRef self, ITimerScheduler timers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly Dictionary<long, Pending> _pending = [];
    private long _last;

    /// <summary>Commands without an answer.</summary>
    internal int Count => _pending.Count;

    /// <summary><paramref name="command"/> is made anew for each repetition (it carries the time).</summary>
    internal void Send(Func<IActorRef> target, Func<object> command, Action<object> then)
    {
        var id = ++_last;
        _pending[id] = new Pending(target, command, then);
        Ask(id);
    }

    internal void On(Answered answered)
    {
        if (_pending.Remove(answered.Id, out var pending))
            pending.Then(answered.Reply);
    }

    internal void On(Unanswered unanswered)
    {
        if (_pending.ContainsKey(unanswered.Id))
            timers.StartSingleTimer(unanswered.Id, new Again(unanswered.Id), Pause);
    }

    internal void On(Again again)
    {
        if (_pending.ContainsKey(again.Id))
            Ask(again.Id);
    }

    private void Ask(long id)
    {
        var pending = _pending[id];
        pending.Target().Ask<object>(pending.Command(), Patience)
            .PipeTo(self, success: reply => new Answered(id, reply), failure: _ => new Unanswered(id));
    }

    internal sealed record Answered(long Id, object Reply) : INoSerializationVerificationNeeded;

    internal sealed record Unanswered(long Id) : INoSerializationVerificationNeeded;

    internal sealed record Again(long Id) : INoSerializationVerificationNeeded;

    private sealed record Pending(Func<IActorRef> Target, Func<object> Command, Action<object> Then);
}
